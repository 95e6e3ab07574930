"""Cross-entropy losses that ignore padding."""

from typing import Any

import keras
from keras import ops

from seq2edge.models.layers.tensors import Tensor


class MaskedLoss(keras.losses.Loss):
    """Base class of losses that average over the targets that count, and not over padding."""

    def counted(self, targets: Tensor) -> Tensor:
        """Return which targets count, as a Boolean tensor of the same shape."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="seq2edge")
class SequenceLoss(MaskedLoss):
    """Mean cross-entropy per real target token, in nats, with label smoothing (Szegedy et al. 2016, section 7).

    Args:
        label_smoothing: Share of the probability that is spread evenly over the vocabulary.
        pad_id: Target id of padding, which does not count.
    Call arguments:
        target_ids: Integer `(batch, target_length)`.
        logits: `(batch, target_length, vocabulary)`.
    """

    def __init__(
        self, label_smoothing: float = 0.0, pad_id: int = 0, name: str = "sequence_loss", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing, self.pad_id = label_smoothing, pad_id

    def __call__(self, target_ids: Tensor, logits: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        # Not `call`: Keras would average its result over all positions.
        logits = ops.cast(logits, "float32")
        target_ids = ops.cast(target_ids, "int32")
        return _mean_cross_entropy(target_ids, logits, self.counted(target_ids), self.label_smoothing)

    def counted(self, targets: Tensor) -> Tensor:
        return targets != self.pad_id

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "pad_id": self.pad_id}


@keras.saving.register_keras_serializable(package="seq2edge")
class ClassificationLoss(MaskedLoss):
    """Mean cross-entropy per real row, in nats, with label smoothing (Szegedy et al. 2016, section 7).

    Args:
        label_smoothing: Share of the probability that is spread evenly over the classes.
    Call arguments:
        labels: Integer `(batch,)` or `(batch, 1)`. A negative label marks a row of padding, which does not count.
        logits: `(batch, classes)`.
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "classification_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def __call__(self, labels: Tensor, logits: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        # Not `call`: Keras would average its result over rows of padding too.
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        logits = ops.cast(logits, "float32")
        return _mean_cross_entropy(ops.maximum(labels, 0), logits, self.counted(labels), self.label_smoothing)

    def counted(self, targets: Tensor) -> Tensor:
        return targets >= 0

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def _mean_cross_entropy(labels: Tensor, logits: Tensor, counted: Tensor, label_smoothing: float) -> Tensor:
    """Return the mean over the counted labels `(...)`, given logits `(..., classes)`."""
    right = ops.squeeze(ops.take_along_axis(logits, ops.expand_dims(labels, -1), axis=-1), -1)
    even = ops.mean(logits, axis=-1)
    wanted = (1.0 - label_smoothing) * right + label_smoothing * even
    losses = ops.logsumexp(logits, axis=-1) - wanted
    weights = ops.cast(counted, "float32")
    return ops.sum(losses * weights) / ops.maximum(ops.sum(weights), 1.0)
