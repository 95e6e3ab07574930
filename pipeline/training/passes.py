"""Training passes: models that wrap the trained model to compute more than teacher forcing in a step."""

from typing import Any

import keras
from keras import ops

from seq2edge.device.special_ids import EOS, PAD
from seq2edge.models.layers.tensors import Tensor
from seq2edge.models.loss import MaskedLoss
from seq2edge.pipeline.recipe_schema.recipe import Training


class ScheduledSampling(keras.Model):
    """Replaces some target inputs by the model's own predictions, so that it learns to recover from its mistakes.

    A first pass with teacher forcing predicts the most likely token at each position. A random share of the inputs of
    the second pass is replaced by these predictions. Both passes are parallel over positions.

    Args:
        model: The model to train, from sources and target inputs to logits of the next tokens.
        final_rate: Share of replaced inputs in the last epoch. `set_epoch` raises it linearly from 0.
    Reference:
        Mihaylova & Martins 2019, after Bengio et al. 2015
    """

    def __init__(self, model: keras.Model, final_rate: float):
        super().__init__()
        self.model, self.final_rate = model, final_rate
        self.rate = self.add_weight(name="rate", shape=(), initializer="zeros", trainable=False)
        self.seed_generator = keras.random.SeedGenerator(0)
        self.built = True

    def set_epoch(self, epoch: int, epochs: int) -> None:
        """Set the rate for an epoch, counted from 0."""
        self.rate.assign(self.final_rate * epoch / max(epochs - 1, 1))

    def call(self, inputs: tuple[Tensor, Tensor], training: bool = False) -> Tensor:
        if not training:
            return self.model(inputs)
        source, target_inputs = inputs
        logits = self.model(inputs, training=True)  # (batch, target_length, vocabulary)
        predicted = ops.cast(ops.argmax(logits[..., EOS:], axis=-1), target_inputs.dtype) + EOS
        shifted = ops.concatenate([target_inputs[:, :1], predicted[:, :-1]], axis=1)
        drawn = keras.random.uniform(ops.shape(target_inputs), seed=self.seed_generator) < self.rate
        mixed = ops.where(ops.logical_and(drawn, target_inputs != PAD), shifted, target_inputs)
        return self.model([source, mixed], training=True)


class RDrop(keras.Model):
    """R-Drop: runs two passes with different dropout, and trains their outputs to agree.

    Args:
        model: The model to train, `Models.training` of any family.
        weight: Weight of the symmetric Kullback-Leibler divergence between the passes (alpha in the paper).
        loss: The family's loss, which decides which targets count.
    Reference:
        Wu et al. 2021
    """

    def __init__(self, model: keras.Model, weight: float, loss: MaskedLoss):
        super().__init__()
        self.model, self.weight, self.counted = model, weight, loss.counted
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Tensor:
        """Return the logits; in training those of both passes, `(2 * batch, …, classes)`."""
        if not training:
            return self.model(inputs)
        twice = keras.tree.map_structure(lambda tensor: ops.concatenate([tensor, tensor], axis=0), inputs)
        return self.model(twice, training=True)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        if not training:
            return super().compute_loss(x, y, y_pred, sample_weight, training=False)
        cross_entropy = super().compute_loss(x, ops.concatenate([y, y], axis=0), y_pred, sample_weight)
        first, second = ops.split(ops.log_softmax(ops.cast(y_pred, "float32"), axis=-1), 2, axis=0)
        # KL(p‖q) + KL(q‖p) = Σ (p - q)(log p - log q)
        divergence = ops.sum((ops.exp(first) - ops.exp(second)) * (first - second), axis=-1)
        real = ops.cast(self.counted(y), "float32")
        divergence = ops.sum(divergence * real) / ops.maximum(ops.sum(real), 1.0)
        # One half for the mean of both directions, and one half because cross_entropy is the mean of both passes.
        return cross_entropy + self.weight * divergence / 4


def wrap_in_pass(model: keras.Model, settings: Training, loss: MaskedLoss) -> keras.Model:
    """Return the model that `fit` trains: the given one for teacher forcing, or a training pass that wraps it.

    Args:
        model: `Models.training` of a family.
        settings: The section `training` of the recipe.
        loss: The family's loss.
    """
    if settings.scheduled_sampling:
        return ScheduledSampling(model, settings.scheduled_sampling)
    return RDrop(model, settings.r_drop, loss) if settings.r_drop else model
