"""Preparations before Keras is imported."""

import importlib.util
import os

from seq2edge.device.errors import UserError

BACKENDS = ("tensorflow", "jax")


def use_tensorflow() -> None:
    """Make TensorFlow, if it is installed, the backend of Keras, because only its models can be exported.

    A run that was trained with another backend is opened with the same weights. Without TensorFlow, `compare` still
    works on runs that have a bundle.
    """
    if importlib.util.find_spec("tensorflow"):
        os.environ["KERAS_BACKEND"] = "tensorflow"
    quiet_tensorflow()


def quiet_tensorflow() -> None:
    """Import TensorFlow, if it is installed, without its notes on standard error.

    The notes are start-up lines, which the C++ code writes regardless of settings, and advice to developers, such as
    about retracing. TF_CPP_MIN_LOG_LEVEL=0 shows them. An error of the import is not raised here; the code that needs
    TensorFlow imports it again and raises the error.

    Raises:
        UserError: If KERAS_BACKEND is a backend that seq2edge does not support.
    """
    import contextlib
    import logging

    from seq2edge.device.native_notes import notes_wanted, without_notes

    backend = os.environ.get("KERAS_BACKEND")
    if backend and backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND must be {' or '.join(BACKENDS)}, got {backend[:80]!r}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with without_notes(), contextlib.suppress(ImportError):
        import tensorflow  # noqa: F401
    if not notes_wanted():
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
