"""The signatures of a classifier's model file, as TensorFlow functions."""

from collections.abc import Callable, Sequence
from pathlib import Path

import tensorflow as tf

from seq2edge.device import signature_names
from seq2edge.models.classifier import Classifier

Tensors = dict[str, tf.Tensor]


class ClassifierSignatures(tf.Module):
    """The signatures `classify` and, for each fixed length L, `classify_sL`. Each takes one source.

    The input is `source_ids` int32 `(1, source_length)`. The outputs are `logits` `(1, classes)` and, with attention
    pooling, `attention` `(1, source_length)`.

    Args:
        model: The trained model. Its layers are shared, not copied.
        lengths: Fixed source lengths.
    """

    def __init__(self, model: Classifier, lengths: Sequence[int] = ()):
        super().__init__(name="signatures")
        self.classify = model.classify
        # The converter does not freeze variables that it reaches only through Keras layers. The file would lack them.
        self.weights = [weight.value for weight in model.training.weights]
        self.functions: dict[str, Callable[..., Tensors]] = {
            signature_names.classify(length): self._function(length) for length in (None, *lengths)
        }

    def _function(self, length: int | None) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((1, length), tf.int32, name="source_ids")])
        def classify(source_ids: tf.Tensor) -> Tensors:
            return self.classify(source_ids)

        return classify

    def save(self, path: Path) -> None:
        """Write a SavedModel with these signatures."""
        tf.saved_model.save(self, str(path), signatures=self.functions)
