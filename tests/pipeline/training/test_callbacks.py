import keras
import pytest

from seq2edge.pipeline.training.callbacks import ReduceLROnPlateau, SynchronizeProcesses
from seq2edge.pipeline.training.checkpoint import Progress


@pytest.mark.parametrize(
    ("scores", "halvings"),
    [([], 0), ([10, 11, 12], 0), ([10, 9, 9], 1), ([10, 9, 9, 12, 11], 1), ([10, 9, 9, 9, 9], 2)],
)
def test_the_rate_is_halved_after_every_two_epochs_without_a_better_score(scores, halvings):
    progress = Progress(history=[{"epoch": i + 1, "val_bleu": score} for i, score in enumerate(scores)])
    assert ReduceLROnPlateau(progress, "bleu", peak=0.1, patience=2).halvings() == halvings


def test_processes_whose_weights_part_are_stopped():
    class Elsewhere:
        def name(self, process):
            return f"process {process}"

        def exchange(self, values):
            return [values | {"weights": "others"}, values]

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    keep_in_step = SynchronizeProcesses(Elsewhere(), model, Progress())
    keep_in_step.set_model(model)
    model.stop_training = False
    with pytest.raises(RuntimeError, match="after epoch 3 process 1 has other weights"):
        keep_in_step.on_epoch_end(2)
