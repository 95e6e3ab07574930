"""A SavedModel from text to label, with normalisation and tokenizer in the graph, for any batch size."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from seq2edge.export.families.classifier_signatures import ClassifierSignatures, Tensors
from seq2edge.export.text_codec import GraphTextEncoder
from seq2edge.models.classifier import Classifier


class ClassifierTextModel(ClassifierSignatures):
    """`ClassifierSignatures` with the additional signature `serving_default`, which takes `text`.

    Its outputs are the most likely `label` of each text, `(batch,)`, and all `labels` with their calibrated
    `probabilities`, the most likely first, `(batch, classes)`.

    Args:
        model: The trained model.
        encoder: The tokenizer and the normalisation.
        labels: Names of the labels, in the order of the logits.
        temperature: Temperature by which the logits are divided.
    """

    def __init__(self, model: Classifier, encoder: GraphTextEncoder, labels: Sequence[str], temperature: float):
        super().__init__(model)
        self.encoder, self.labels, self.temperature = encoder, tf.constant(list(labels)), temperature
        self.functions["serving_default"] = self._text_function()

    def _text_function(self) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def answer(text: tf.Tensor) -> Tensors:
            logits = self.classify(self.encoder.encode(text))["logits"]
            probabilities, indices = tf.math.top_k(tf.nn.softmax(logits / self.temperature), logits.shape[1])
            labels = tf.gather(self.labels, indices)
            return {"label": labels[:, 0], "labels": labels, "probabilities": probabilities}

        return answer
