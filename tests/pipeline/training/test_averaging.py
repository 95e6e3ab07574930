import keras
import numpy as np

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.families import seq2seq
from seq2edge.pipeline.training.averaging import keep_epoch, load_mean
from seq2edge.pipeline.training.snapshot import Snapshot


def dense():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[1.0]])])
    return model


CONFIG = Seq2SeqConfig(source_vocabulary=20, target_vocabulary=20, embedding=8, units=8, dropout=0.0)


def trained(**optimizer):
    model = build_seq2seq(CONFIG).training
    model.compile(keras.optimizers.SGD(1.0, **optimizer), SequenceLoss(), jit_compile=False)
    ids = np.ones((1, 4), "int32")
    for _ in range(4):
        model.train_on_batch([ids, ids], ids)
    return model


def weights(model):
    return np.concatenate([np.asarray(weight).ravel() for weight in model.trainable_weights])


def test_a_snapshot_has_the_moving_average_and_leaves_the_model_unchanged():
    model = trained(use_ema=True, ema_momentum=0.5)
    last = weights(model)
    snapshot = Snapshot(seq2seq, CONFIG)
    snapshot.take(model)
    assert np.abs(weights(snapshot.models.training) - last).max() > 1e-4
    np.testing.assert_array_equal(weights(model), last)


def test_a_snapshot_without_moving_average_has_the_last_weights():
    model = trained()
    snapshot = Snapshot(seq2seq, CONFIG)
    snapshot.take(model)
    np.testing.assert_array_equal(weights(snapshot.models.training), weights(model))


def test_the_mean_covers_the_last_epochs(tmp_path):
    model = dense()
    for epoch, value in enumerate([100.0, 2.0, 3.0, 7.0]):
        model.set_weights([np.array([[value]])])
        keep_epoch(tmp_path, model, epoch, number=3)
    assert load_mean(tmp_path, model) == 3
    assert model.get_weights()[0].item() == 4.0
