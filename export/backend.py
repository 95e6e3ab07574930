"""The backend of Keras that exports need."""

import keras

from seq2edge.device.errors import UserError


def require_tensorflow() -> None:
    """Raise a `UserError` if Keras does not use TensorFlow, the only backend whose models can be converted."""
    if (backend := keras.backend.backend()) != "tensorflow":
        raise UserError(f"an export needs KERAS_BACKEND=tensorflow, the backend is {backend!r}")
