import keras
import numpy as np

from seq2edge.pipeline.averaging import averaged_weights, keep_epoch, load_mean


def dense():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[1.0]])])
    return model


def test_the_moving_average_stands_in_and_goes_again():
    model = dense()
    model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5), "mse", jit_compile=False)
    for _ in range(4):
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
    last = model.get_weights()[0].item()
    with averaged_weights(model):
        average = model.get_weights()[0].item()
    assert average != last
    assert model.get_weights()[0].item() == last


def test_without_a_moving_average_nothing_changes():
    model = dense()
    model.compile("sgd", "mse")
    with averaged_weights(model):
        assert model.get_weights()[0].item() == 1.0


def test_the_mean_is_of_the_last_epochs(tmp_path):
    model = dense()
    for epoch, value in enumerate([100.0, 2.0, 3.0, 7.0]):
        model.set_weights([np.array([[value]])])
        keep_epoch(tmp_path, model, epoch, number=3)
    assert load_mean(tmp_path, model) == 3
    assert model.get_weights()[0].item() == 4.0
