"""What `fit` needs: the compiled model of a recipe, and its batches."""

from dataclasses import dataclass, field
from functools import partial

import keras

from seq2edge.device.errors import UserError
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard
from seq2edge.pipeline.recipe_schema.recipe import Recipe, Training
from seq2edge.pipeline.run import Run, model_config
from seq2edge.pipeline.training.memory import keep_freed_memory
from seq2edge.pipeline.training.passes import wrap_in_pass
from seq2edge.pipeline.training.progress import Progress
from seq2edge.pipeline.training.schedules import learning_rate
from seq2edge.pipeline.training.warm_start import load_initial_weights


@dataclass
class TrainingSetup:
    """A training of one process.

    Attributes:
        shard: The part of each batch that this process computes.
        fitted: The compiled model that `fit` trains: `model.training`, or a training pass around it.
        steps_per_epoch: Number of batches in an epoch.
        progress: Updated by the callbacks.
    """

    recipe: Recipe
    data: Dataset
    shard: Shard
    model: Seq2Seq
    fitted: keras.Model
    steps_per_epoch: int
    progress: Progress = field(default_factory=Progress)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self.progress.finished(self.recipe.training.epochs, self.recipe.training.patience)


def set_up(recipe: Recipe, data: Dataset, shard: Shard, initial_run: Run | None) -> TrainingSetup:
    """Build and compile the model of a recipe.

    Raises:
        UserError: If the devices cannot share a batch evenly, or the weights of `initial_run` do not fit.
    """
    settings = recipe.training
    if not settings.batch_tokens and settings.batch_size % shard.devices:
        raise UserError(
            f"training.batch_size {settings.batch_size}: expected a multiple of {shard.devices}, the number of devices"
        )
    keep_freed_memory()
    keras.utils.set_random_seed(settings.seed)
    model = build_seq2seq(model_config(recipe, data), settings.precision, settings.unroll)
    if initial_run is not None:
        load_initial_weights(initial_run, model)
    fitted = wrap_in_pass(model.training, settings.scheduled_sampling, settings.r_drop)
    steps_per_epoch = settings.steps_per_epoch or training_batches(settings, data, shard).steps_per_pass
    updates = steps_per_epoch * settings.epochs // settings.accumulate
    # Without compilation, JAX runs each operation by itself.
    jit_compile = settings.jit_compile or keras.backend.backend() == "jax"
    fitted.compile(_optimizer(settings, updates), SequenceLoss(settings.label_smoothing), jit_compile=jit_compile)
    return TrainingSetup(recipe, data, shard, model, fitted, steps_per_epoch)


def _optimizer(settings: Training, updates: int) -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(
        learning_rate(settings, updates),
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=settings.ema > 0,
        ema_momentum=settings.ema or 0.99,
        gradient_accumulation_steps=settings.accumulate if settings.accumulate > 1 else None,
    )


def training_batches(
    settings: Training, data: Dataset, shard: Shard = WHOLE_BATCH, first_step: int = 0, steps: int | None = None
) -> Batches:
    """The batches that a recipe trains on.

    Args:
        first_step, steps: The first one, and their number; None: one pass over the pairs.
    """
    options = BatchOptions(
        batch_size=settings.batch_size,
        tokens=settings.batch_tokens,
        buckets=settings.buckets,
        seed=settings.seed,
        shard=shard,
    )
    collate = partial(collate_seq2seq, word_dropout=settings.word_dropout)
    return Batches(data.train, collate, options, first_step, steps)


def validation_batches(recipe: Recipe, data: Dataset, shard: Shard = WHOLE_BATCH) -> Batches:
    """One pass over the validation pairs, in order."""
    batch_size = min(recipe.training.batch_size, len(data.valid))
    return Batches(data.valid, collate_seq2seq, BatchOptions(batch_size=batch_size, buckets=2, shard=shard))
