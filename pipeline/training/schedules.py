"""Learning rates over the steps of a training."""

import keras
from keras import ops

from seq2edge.pipeline.recipe_schema.recipe import Training


def learning_rate(training: Training, total_steps: int) -> keras.optimizers.schedules.LearningRateSchedule | float:
    """The recipe's schedule: a linear warm-up to `learning_rate`, then as `schedule` says.

    "cosine" ends at 2 % of the peak after `total_steps`; "inverse_sqrt" is that of Vaswani et al. 2017, section 5.3;
    "plateau" is constant until `seq2edge.pipeline.training.callbacks.ReduceLROnPlateau` halves it.
    """
    if training.schedule == "plateau":
        return training.learning_rate
    warmup = min(training.warmup_steps, total_steps // 2)
    if training.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            0.0, total_steps - warmup, alpha=0.02, warmup_target=training.learning_rate, warmup_steps=max(warmup, 1)
        )
    return WarmUp(training.learning_rate, warmup, inverse_sqrt=training.schedule == "inverse_sqrt")


@keras.saving.register_keras_serializable(package="seq2edge")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to `peak`, then constant or falling with the inverse square root of the step."""

    def __init__(self, peak: float, warmup_steps: int, inverse_sqrt: bool):
        self.peak, self.warmup_steps, self.inverse_sqrt = peak, warmup_steps, inverse_sqrt

    def __call__(self, step):
        step = ops.cast(step, "float32") + 1.0
        warmup = float(max(self.warmup_steps, 1))
        after = ops.sqrt(warmup / ops.maximum(step, warmup)) if self.inverse_sqrt else 1.0
        return self.peak * ops.minimum(step / warmup, 1.0) * after

    def get_config(self):
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "inverse_sqrt": self.inverse_sqrt}
