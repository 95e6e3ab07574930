"""What has to be set before TensorFlow is imported."""

import os


def quiet_tensorflow() -> None:
    """Keep TensorFlow's start-up lines off standard error, unless the user has asked for them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("ABSL_MIN_LOG_LEVEL", "2")
