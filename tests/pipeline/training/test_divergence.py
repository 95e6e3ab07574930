"""A diverging training is stopped."""

import math

import keras
import numpy as np
import pytest

from seq2edge.device.errors import CheckError
from seq2edge.pipeline.training.callbacks.stop_on_divergence import StopOnDivergence, far_loss


def feed(losses, steps_per_epoch=100, classes=1000):
    """Give a callback the losses as Keras does: the mean of the epoch so far."""
    weights = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    callback = StopOnDivergence(steps_per_epoch, 0, far_loss(classes), lambda index: ["one", "two", "three", "four"])
    callback.set_model(weights)
    callback.on_train_begin()
    for step, _ in enumerate(losses):
        epoch, batch = divmod(step, steps_per_epoch)
        if batch == 0:
            callback.on_epoch_begin(epoch)
        so_far = losses[epoch * steps_per_epoch : step + 1]
        callback.on_train_batch_end(batch, {"loss": sum(so_far) / len(so_far)})


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_training_at_once(loss):
    with pytest.raises(CheckError, match=r"at step 3 \(epoch 1\).*'one', 'two', 'three' and 1 more") as error:
        feed([5.0, 5.0, loss])
    assert "\n" not in str(error.value)


def test_a_loss_far_above_chance_for_an_epoch_stops_the_training():
    with pytest.raises(CheckError, match=r"the loss is 2e\+04, above 31.6 for 100 steps, at step 150 \(epoch 2\)"):
        feed([5.0] * 50 + [2e4] * 150)


@pytest.mark.parametrize("losses", [[7.0] * 400, [300.0] * 60 + [7.0] * 300, [5.0, 1e6, *[5.0] * 300], [31.0] * 300])
def test_a_bad_start_or_a_single_spike_does_not_stop_the_training(losses):
    feed(losses)


def test_short_epochs_have_a_minimum_number_of_steps():
    feed([1e9] * 19, steps_per_epoch=5)
    with pytest.raises(CheckError, match="for 20 steps, at step 20"):
        feed([1e9] * 20, steps_per_epoch=5)


class Root(keras.layers.Layer):
    """The square root of a weight that is 0. Its value is finite, its gradient is not."""

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(1,), initializer="zeros")

    def call(self, inputs):
        return inputs * (1 + keras.ops.sqrt(self.scale))


def test_gradients_that_are_not_finite_stop_the_training_before_a_checkpoint():
    model = keras.Sequential([keras.Input((1,)), Root(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.AdamW(0.001, global_clipnorm=1.0), "mse")
    kept = []
    keeper = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(epoch))
    stop = StopOnDivergence(1, 0, 100.0, lambda index: ["one"])
    with pytest.raises(CheckError, match=r"^the gradients are not finite numbers at step 1 \(epoch 1\).*: 'one'$"):
        model.fit(np.ones((4, 1)), np.ones((4, 1)), batch_size=4, callbacks=[stop, keeper], verbose=0)
    assert kept == []


def test_a_validation_loss_that_is_not_finite_stops_the_training():
    callback = StopOnDivergence(1, 0, 100.0, lambda index: [])
    for loss, shown in ((math.nan, "nan"), (math.inf, "inf"), (3e21, r"3e\+21")):
        with pytest.raises(CheckError, match=f"^the validation loss must be at most 100, got {shown} after epoch 3; "):
            callback.on_epoch_end(2, {"loss": 1.0, "val_loss": loss})
    callback.on_epoch_end(2, {"loss": 1.0, "val_loss": 99.0})
