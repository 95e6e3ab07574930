import pytest
import tensorflow as tf

from seq2edge.device.errors import UserError
from seq2edge.export.tflite import convert


def test_an_operator_that_is_not_built_in_is_named(tmp_path):
    class Digamma(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((4,), tf.float32)])
        def __call__(self, values):
            return tf.math.digamma(values)

    tf.saved_model.save(Digamma(), str(tmp_path / "model"))
    with pytest.raises(UserError, match="not built into TFLite: Digamma"):
        convert(tmp_path / "model", "none")
