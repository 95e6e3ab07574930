"""Ends a training that a signal has asked to end."""

from typing import Any

import keras

from seq2edge.device.stop_request import raise_if_requested


class EndOnRequest(keras.callbacks.Callback):
    """Raises the exception of a signal after a step, if it was dropped where the signal arrived."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise_if_requested()
