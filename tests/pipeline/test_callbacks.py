import pytest

from seq2edge.pipeline.callbacks import HalveOnPlateau
from seq2edge.pipeline.checkpoint import Progress


@pytest.mark.parametrize(
    ("scores", "halvings"),
    [([], 0), ([10, 11, 12], 0), ([10, 9, 9], 1), ([10, 9, 9, 12, 11], 1), ([10, 9, 9, 9, 9], 2)],
)
def test_the_rate_is_halved_after_every_two_epochs_without_a_better_score(scores, halvings):
    progress = Progress(history=[{"epoch": i + 1, "val_bleu": score} for i, score in enumerate(scores)])
    assert HalveOnPlateau(progress, "bleu", peak=0.1, patience=2).halvings() == halvings
