"""What has to be done before Keras is imported."""

import os

from seq2edge.device.errors import UserError

BACKENDS = ("tensorflow", "jax")


def quiet_tensorflow() -> None:
    """Import TensorFlow, if it is installed, and keep its notes off standard error unless TF_CPP_MIN_LOG_LEVEL is 0.

    These are its start-up lines, which its C++ writes whatever the settings are, and advice to programmers, such as
    that on retracing. If the import fails, whatever needs TensorFlow imports it again and raises the error.

    Raises:
        UserError: If KERAS_BACKEND names another backend than those that seq2edge works with.
    """
    import contextlib
    import logging

    from seq2edge.device.native_notes import notes_wanted, without_notes

    backend = os.environ.get("KERAS_BACKEND")
    if backend and backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND is {backend[:80]!r}, allowed are {' and '.join(BACKENDS)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with without_notes(), contextlib.suppress(ImportError):
        import tensorflow  # noqa: F401
    if not notes_wanted():
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
