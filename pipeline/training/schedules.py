"""Learning rate schedules, and the scaling of the loss."""

from typing import Any

import keras
from keras import ops

from seq2edge.pipeline.recipe_schema.recipe import Training

FINAL_SHARE = 0.02  # learning rate at the end of "cosine", as a share of the peak


def learning_rate(
    training: Training, steps: int, accumulate: int = 1
) -> keras.optimizers.schedules.LearningRateSchedule | float:
    """Return the schedule of a recipe: linear warm-up to `learning_rate`, then "constant", "cosine" or "inverse_sqrt".

    "inverse_sqrt" follows Vaswani et al. 2017, section 5.3. "plateau" is a constant here, which the callback
    `ReduceLROnPlateau` reduces.

    Args:
        training: The section `training` of the recipe.
        steps: Number of batches of the whole training, after which "cosine" ends.
        accumulate: Number of batches for one update. Keras counts batches, and `warmup_steps` are updates.
    """
    if training.schedule == "plateau":
        return training.learning_rate
    warmup = min(training.warmup_steps * accumulate, steps // 2)
    if training.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            0.0,
            steps - warmup,
            alpha=FINAL_SHARE,
            warmup_target=training.learning_rate,
            warmup_steps=max(warmup, 1),
        )
    return WarmUp(training.learning_rate, warmup, inverse_sqrt=training.schedule == "inverse_sqrt")


def with_loss_scaling(optimizer: keras.optimizers.Optimizer, training: Training) -> keras.optimizers.Optimizer:
    """Return an optimizer that scales the loss for float16. Keras does so by itself only for a global policy."""
    is_float16 = training.precision == "mixed_float16"
    return keras.optimizers.LossScaleOptimizer(optimizer) if is_float16 else optimizer


@keras.saving.register_keras_serializable(package="seq2edge")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to `peak`, then constant or proportional to the inverse square root of the step."""

    def __init__(self, peak: float, warmup_steps: int, inverse_sqrt: bool):
        self.peak, self.warmup_steps, self.inverse_sqrt = peak, warmup_steps, inverse_sqrt

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32") + 1.0
        warmup = float(max(self.warmup_steps, 1))
        after = ops.sqrt(warmup / ops.maximum(step, warmup)) if self.inverse_sqrt else 1.0
        return self.peak * ops.minimum(step / warmup, 1.0) * after

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "inverse_sqrt": self.inverse_sqrt}
