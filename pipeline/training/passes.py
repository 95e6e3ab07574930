"""Ways to train that take a second pass over each batch, around the model that is kept."""

import keras
from keras import ops

from seq2edge.device.special_ids import EOS, PAD


class ScheduledSampling(keras.Model):
    """Target inputs that are partly the model's own words, so that it learns to go on from its mistakes.

    A first pass under teacher forcing says the likeliest word at each position; a random share of the inputs of the
    second pass is replaced by these. Both passes are parallel, so it works with any decoder (Mihaylova & Martins 2019,
    after Bengio et al. 2015).

    Args:
        model: `Seq2Seq.training`.
        final_rate: Share replaced in the last epoch; `start_epoch` raises it linearly from 0.
    """

    def __init__(self, model: keras.Model, final_rate: float):
        super().__init__()
        self.model, self.final_rate = model, final_rate
        self.rate = self.add_weight(name="rate", shape=(), initializer="zeros", trainable=False)
        self.seed_generator = keras.random.SeedGenerator(0)
        self.built = True

    def start_epoch(self, epoch: int, epochs: int) -> None:
        self.rate.assign(self.final_rate * epoch / max(epochs - 1, 1))

    def call(self, inputs, training=False):
        if not training:
            return self.model(inputs)
        source_ids, target_inputs = inputs
        logits = self.model(inputs, training=True)
        own = ops.cast(ops.argmax(logits[..., EOS:], axis=-1), target_inputs.dtype) + EOS
        moved = ops.concatenate([target_inputs[:, :1], own[:, :-1]], axis=1)
        drawn = keras.random.uniform(ops.shape(target_inputs), seed=self.seed_generator) < self.rate
        mixed = ops.where(ops.logical_and(drawn, target_inputs != PAD), moved, target_inputs)
        return self.model([source_ids, mixed], training=True)


class RDrop(keras.Model):
    """Two passes under different dropout that shall agree (Wu et al. 2021).

    Args:
        model: `Seq2Seq.training`.
        weight: Alpha of the paper, of the symmetric Kullback-Leibler divergence between the passes.
    """

    def __init__(self, model: keras.Model, weight: float):
        super().__init__()
        self.model, self.weight = model, weight
        self.built = True

    def call(self, inputs, training=False):
        if not training:
            return self.model(inputs)
        twice = [ops.concatenate([ids, ids], axis=0) for ids in inputs]
        return self.model(twice, training=True)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if not training:
            return super().compute_loss(x, y, y_pred, sample_weight, training=False)
        cross_entropy = super().compute_loss(x, ops.concatenate([y, y], axis=0), y_pred, sample_weight)
        first, second = ops.split(ops.log_softmax(ops.cast(y_pred, "float32"), axis=-1), 2, axis=0)
        # KL(p‖q) + KL(q‖p) = Σ (p - q)(log p - log q)
        divergence = ops.sum((ops.exp(first) - ops.exp(second)) * (first - second), axis=-1)
        real = ops.cast(y != PAD, "float32")
        divergence = ops.sum(divergence * real) / ops.maximum(ops.sum(real), 1.0)
        return cross_entropy + self.weight * divergence / 4  # the mean of both directions, for the mean of both losses


def objective(model: keras.Model, scheduled_sampling: float, r_drop: float) -> keras.Model:
    """What is fitted: the model itself, or one of the above around it."""
    if scheduled_sampling:
        return ScheduledSampling(model, scheduled_sampling)
    return RDrop(model, r_drop) if r_drop else model
