"""A bag of tokens: an encoder that treats each token on its own."""

from typing import Any

import keras
from keras import ops

from seq2edge.models.encoders.config import BagEncoderConfig
from seq2edge.models.encoders.interface import Encoded
from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="seq2edge")
class BagEncoder(ConfiguredLayer):
    """Returns the embedded tokens as memory, without information about their order.

    With mean pooling the model is the classifier of Joulin et al. 2017 (fastText). This encoder has the fewest weights
    of all, and learns best from few examples if words alone tell the classes apart.

    Args:
        config: Has no settings of its own.
        units: Width of the memory. Embeddings of another width are projected to it.
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        `Encoded`, without states.
    Reference:
        [Joulin et al., 2017](https://arxiv.org/abs/1607.01759)
    """

    CONFIG = BagEncoderConfig
    SETTINGS = ("units",)
    config: BagEncoderConfig

    def __init__(self, config: BagEncoderConfig, units: int = 256, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config, self.units = config, units
        self.project: keras.layers.Layer | None = None

    def build(self, embedded_shape: Shape, memory_mask_shape: Shape | None = None) -> None:
        if embedded_shape[-1] != self.units:
            self.project = keras.layers.Dense(self.units, use_bias=False, dtype=self.dtype_policy, name="project")
            self.project.build(embedded_shape)

    def call(self, embedded: Tensor, memory_mask: Tensor) -> Encoded:
        outputs = embedded if self.project is None else self.project(embedded)
        return Encoded(outputs * ops.cast(ops.expand_dims(memory_mask, 2), outputs.dtype), memory_mask, [])
