"""Embeddings of hashed n-grams, which capture the local order of tokens without a recurrent layer."""

from typing import Any

import keras
from keras import ops

from seq2edge.models.encoders.config import NGramEncoderConfig
from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.tensors import Shape, Tensor

# hash(t_1 … t_n) = (hash(t_1 … t_n-1) * factor + t_n) mod rows, with a factor for each hash. Model files use 32-bit
# integers. With at most MAX_ROWS rows no intermediate value reaches 2**31.
FACTORS = (92_821, 31_337)


@keras.saving.register_keras_serializable(package="seq2edge")
class NGramEmbedding(ConfiguredLayer):
    """Adds to the embedding of each token those of the n-grams that end in it.

    n-grams of two and more tokens share one table through one hash (Weinberger et al. 2009; Bojanowski et al. 2017) or
    two (Svenstrup et al. 2017). Padding precedes the first token, so that an n-gram at the beginning of a text differs
    from one inside it.

    Args:
        config: Settings: the longest n-grams, the rows of the table and the number of hashes.
        tokens: Size of the vocabulary.
        width: Width of the embeddings.
        deviation: Standard deviation of the initial weights.
    Call arguments:
        token_ids: Integer `(batch, length)`.
    Returns:
        `(batch, length, width)`.
    Reference:
        [Bojanowski et al., 2017](https://arxiv.org/abs/1607.04606),
        [Svenstrup et al., 2017](https://arxiv.org/abs/1709.03933)
    """

    CONFIG = NGramEncoderConfig
    SETTINGS = ("tokens", "width", "deviation")
    config: NGramEncoderConfig

    def __init__(
        self, config: NGramEncoderConfig, tokens: int, width: int, deviation: float = 0.01, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.config, self.tokens, self.width, self.deviation = config, tokens, width, deviation

    def build(self, token_ids_shape: Shape) -> None:
        initializer = keras.initializers.RandomNormal(stddev=self.deviation)
        self.embeddings = self.add_weight((self.tokens, self.width), initializer, name="embeddings")
        self.ngrams = self.add_weight((self.config.rows, self.width), initializer, name="ngrams")

    def call(self, token_ids: Tensor) -> Tensor:
        token_ids = ops.cast(token_ids, "int32")
        summed = ops.take(self.embeddings, token_ids, axis=0)
        for factor in FACTORS[: self.config.hashes]:
            hashed = token_ids
            for _ in range(1, self.config.longest):
                beginning = ops.concatenate([ops.zeros_like(hashed[:, :1]), hashed[:, :-1]], axis=1)
                hashed = self._row(self._row(beginning) * factor + token_ids)
                summed += ops.take(self.ngrams, hashed, axis=0)
        return ops.cast(summed, self.compute_dtype)

    def _row(self, numbers: Tensor) -> Tensor:
        """Return numbers modulo the number of rows. tflite-runtime 2.14 has no operator for `%`."""
        rows = self.config.rows
        return numbers - numbers // rows * rows

    def compute_output_shape(self, token_ids_shape: Shape) -> Shape:
        return (*token_ids_shape, self.width)
