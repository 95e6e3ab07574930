"""The estimate of the duration of a training."""

import pytest

from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.training.trial import Estimate, estimate


def test_the_estimate_includes_the_start_and_all_epochs():
    assert Estimate(start=10.0, step=0.5, scoring=2.0, steps=30, epochs=4).seconds == 10 + 4 * (30 * 0.5 + 2)


@pytest.mark.slow
def test_steps_are_counted_for_all_pairs_instead_of_the_sample(tiny_recipe, pairs_file, tmp_path):
    rows = [line.split("\t") for line in pairs_file.read_text(encoding="utf-8").splitlines()]
    sample = [Pair(source, target) for source, target in rows]
    found = estimate(tiny_recipe(epochs=7), sample, 10 * len(sample), 3, tmp_path)
    assert (found.epochs, found.steps) == (7, 50)  # 5 steps for the sample
    assert min(found.start, found.step, found.scoring) > 0
