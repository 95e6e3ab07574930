"""Sets up a training: the compiled model of a recipe, and its batches."""

from dataclasses import dataclass, field

import keras

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.mixing import Mixing
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard
from seq2edge.pipeline.families.interface import Models
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.recipe_schema.recipe import Recipe, Training
from seq2edge.pipeline.training.memory import keep_freed_memory
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.passes import wrap_in_pass
from seq2edge.pipeline.training.progress import Progress
from seq2edge.pipeline.training.schedules import learning_rate, with_loss_scaling
from seq2edge.pipeline.training.warm_start import check_weights_fit, load_initial_weights


@dataclass
class TrainingSetup:
    """A training of one process.

    Attributes:
        shard: The part of each batch that this process computes.
        fitted: The compiled model that `fit` trains: `models.training`, or a training pass around it.
        steps_per_epoch: Number of batches in an epoch.
        progress: Progress of the training, which callbacks update.
    """

    recipe: Recipe
    data: Dataset
    shard: Shard
    models: Models
    fitted: keras.Model
    steps_per_epoch: int
    progress: Progress = field(default_factory=Progress)

    @property
    def finished(self) -> bool:
        """Whether the training is finished."""
        return self.progress.finished(self.recipe.training.epochs, self.recipe.training.patience)


def set_up(recipe: Recipe, data: Dataset, shard: Shard, options: TrainOptions = TrainOptions()) -> TrainingSetup:
    """Build and compile the model of a recipe.

    Raises:
        UserError: If the devices cannot share a batch evenly, or the weights of `options.initial_run` do not fit.
    """
    settings = recipe.training
    if not settings.batch_tokens and settings.batch_size % shard.devices:
        raise UserError(
            f"training.batch_size must be a multiple of {shard.devices}, the number of devices, got "
            f"{settings.batch_size}"
        )
    keep_freed_memory()
    keras.utils.set_random_seed(settings.seed)
    family = family_of(recipe.task)
    models = family.build_models(family.model_config(recipe, data), settings.precision, settings.unroll)
    if options.initial_run is not None:
        if not options.initial_parts:
            check_weights_fit(options.initial_run, recipe, data)
        load_initial_weights(options.initial_run, models, options.initial_parts)
    if settings.pretrain_epochs:
        models.training.get_layer("source_embedding").trainable = False  # frozen after pre-training
    loss = family.loss(settings)
    fitted = wrap_in_pass(models.training, settings, loss)
    steps_per_epoch = settings.steps_per_epoch or training_batches(recipe, data, shard).steps_per_pass
    # Without compilation, JAX runs each operation separately.
    jit_compile = settings.jit_compile or keras.backend.backend() == "jax"
    fitted.compile(_optimizer(settings, steps_per_epoch * settings.epochs), loss, jit_compile=jit_compile)
    return TrainingSetup(recipe, data, shard, models, fitted, steps_per_epoch)


def _optimizer(settings: Training, steps: int) -> keras.optimizers.Optimizer:
    """Return the optimizer for a training of this number of batches."""
    optimizer = keras.optimizers.AdamW(
        learning_rate(settings, steps, settings.accumulate),
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=settings.ema > 0,
        ema_momentum=settings.ema ** (1 / settings.accumulate) if settings.ema else 0.99,  # Keras averages every batch
        gradient_accumulation_steps=settings.accumulate if settings.accumulate > 1 else None,
    )
    return with_loss_scaling(optimizer, settings)


def training_batches(
    recipe: Recipe, data: Dataset, shard: Shard = WHOLE_BATCH, first_step: int = 0, steps: int | None = None
) -> Batches:
    """Return the training batches of a recipe.

    Args:
        recipe: The recipe.
        data: Its prepared data.
        shard: The part of each batch to return.
        first_step: Training step of the first batch.
        steps: Number of batches; None: one pass over the pairs.
    """
    settings = recipe.training
    options = BatchOptions(
        batch_size=settings.batch_size,
        tokens=settings.batch_tokens,
        buckets=settings.buckets,
        seed=settings.seed,
        shard=shard,
        mixing=Mixing.of(recipe.data, data),
    )
    return Batches(data.train, family_of(recipe.task).collate(settings), options, first_step, steps)


def validation_batches(recipe: Recipe, data: Dataset, shard: Shard = WHOLE_BATCH) -> Batches:
    """Return one pass over the validation pairs, in order."""
    batch_size = min(recipe.training.batch_size, len(data.valid))
    collate = family_of(recipe.task).collate(recipe.training)
    return Batches(data.valid, collate, BatchOptions(batch_size=batch_size, buckets=2, shard=shard))
