import keras
import numpy as np
import pytest

from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.sharding import WHOLE_BATCH
from seq2edge.pipeline.training.schedules import learning_rate
from seq2edge.pipeline.training.setup import set_up


@pytest.mark.parametrize("schedule", ["cosine", "inverse_sqrt", "constant"])
def test_a_schedule_counts_updates_not_batches(tiny_recipe, schedule):
    settings = tiny_recipe(settings=[f"training.schedule={schedule}", "training.warmup_steps=10"]).training
    plain, accumulated = learning_rate(settings, 100), learning_rate(settings, 400, accumulate=4)
    updates = np.arange(100)
    found = [float(accumulated(4 * update + 3)) for update in updates]  # at the batch that completes the update
    within_one_update = settings.learning_rate / 10
    np.testing.assert_allclose(found, [float(plain(update)) for update in updates], rtol=0, atol=within_one_update)


def test_float16_scales_the_loss(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(settings=["training.precision=mixed_float16"])
    data = prepare(recipe, tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    setup = set_up(recipe, data, WHOLE_BATCH)
    assert isinstance(setup.fitted.optimizer, keras.optimizers.LossScaleOptimizer)
    assert isinstance(setup.models, Seq2Seq)
