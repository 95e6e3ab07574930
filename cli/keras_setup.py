"""What has to be done before Keras is imported."""

import os


def quiet_tensorflow() -> None:
    """Keep TensorFlow's notes off standard error, unless the user has set TF_CPP_MIN_LOG_LEVEL=0.

    That are its start-up lines, which its C++ writes whatever the settings are, and advice to programmers, such as that
    on retracing. Without TensorFlow it does nothing.
    """
    import logging
    from importlib.util import find_spec

    from seq2edge.device.native_notes import notes_wanted, without_notes

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if find_spec("tensorflow") is None:
        return
    with without_notes():
        import tensorflow  # noqa: F401
    if not notes_wanted():
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
