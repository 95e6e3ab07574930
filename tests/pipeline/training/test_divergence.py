"""A training whose loss runs away is ended."""

import math

import pytest

from seq2edge.device.errors import CheckError
from seq2edge.pipeline.training.callbacks.stop_on_divergence import StopOnDivergence, far_loss


def feed(losses, steps_per_epoch=100, classes=1000):
    """Give a callback the losses of steps as Keras does: the mean of the epoch so far."""
    callback = StopOnDivergence(steps_per_epoch, 0, far_loss(classes), lambda index: ["one", "two", "three", "four"])
    for step, _ in enumerate(losses):
        epoch, batch = divmod(step, steps_per_epoch)
        if batch == 0:
            callback.on_epoch_begin(epoch)
        so_far = losses[epoch * steps_per_epoch : step + 1]
        callback.on_train_batch_end(batch, {"loss": sum(so_far) / len(so_far)})


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_training_at_once(loss):
    with pytest.raises(CheckError, match=r"at step 3 \(epoch 1\).*'one', 'two', 'three' and 1 more") as error:
        feed([5.0, 5.0, loss])
    assert "\n" not in str(error.value)


def test_a_loss_far_above_guessing_for_an_epoch_ends_the_training():
    with pytest.raises(CheckError, match=r"the loss is 2e\+04, above 31.6 for 100 steps, at step 150 \(epoch 2\)"):
        feed([5.0] * 50 + [2e4] * 150)


@pytest.mark.parametrize("losses", [[7.0] * 400, [300.0] * 60 + [7.0] * 300, [5.0, 1e6, *[5.0] * 300], [31.0] * 300])
def test_a_bad_beginning_and_a_single_spike_are_survived(losses):
    feed(losses)


def test_short_epochs_are_given_some_steps():
    feed([1e9] * 19, steps_per_epoch=5)
    with pytest.raises(CheckError, match="for 20 steps, at step 20"):
        feed([1e9] * 20, steps_per_epoch=5)
