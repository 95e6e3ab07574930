"""Ends a training after a signal."""

from typing import Any

import keras

from seq2edge.device.stop_request import raise_if_requested


class EndOnRequest(keras.callbacks.Callback):
    """Raises the exception of a signal after a step, in case it was suppressed where the signal arrived."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise_if_requested()
