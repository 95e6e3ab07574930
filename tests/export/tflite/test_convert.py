import keras
import pytest
import tensorflow as tf

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.convert import convert


class Digamma(keras.layers.Layer):
    def call(self, values):
        return tf.math.digamma(values)


def test_an_operator_outside_tflite_is_named_with_its_layer(tmp_path):
    source = keras.Input((4,))
    model = keras.Model(source, Digamma(name="odd")(keras.layers.Dense(4)(source)), name="maker")
    module = tf.Module()
    module.model = model
    function = tf.function(lambda values: {"out": model(values)}, input_signature=[tf.TensorSpec((1, 4))])
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"call": function})
    with pytest.raises(UserError, match=r"not built into TFLite: Digamma of maker_?1?/odd_?1?$"):
        convert(tmp_path / "model", "none")
