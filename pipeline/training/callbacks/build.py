"""Creates the callbacks of a training, in their order."""

import sys
from pathlib import Path

import keras

from seq2edge.device.terminal import write
from seq2edge.pipeline.data.batches import Batches
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.training.callbacks.checkpointer import Checkpointer
from seq2edge.pipeline.training.callbacks.end_on_request import EndOnRequest
from seq2edge.pipeline.training.callbacks.epoch_start import RaiseSamplingRate, ReduceLROnPlateau, SeedDropout
from seq2edge.pipeline.training.callbacks.progress_bar import ProgressBar
from seq2edge.pipeline.training.callbacks.scoring import ScoreValidation, TakeSnapshot
from seq2edge.pipeline.training.callbacks.stop_on_divergence import StopOnDivergence, far_loss
from seq2edge.pipeline.training.parallel.hosts import Hosts
from seq2edge.pipeline.training.parallel.synchronize import SynchronizeProcesses
from seq2edge.pipeline.training.setup import TrainingSetup
from seq2edge.pipeline.training.snapshot import Snapshot
from seq2edge.pipeline.training.validation import validator


def build_callbacks(
    setup: TrainingSetup, batches: Batches, hosts: Hosts | None, recorders: list[keras.callbacks.Callback]
) -> list[keras.callbacks.Callback]:
    """Create all callbacks of one process.

    Args:
        setup: The training.
        batches: The batches that `fit` trains on.
        hosts: The processes of a distributed training, or None.
        recorders: The callbacks of `build_recorders`; empty for a process that writes no run.
    """
    settings, progress, steps = setup.recipe.training, setup.progress, setup.steps_per_epoch
    processor = setup.data.processor(setup.recipe)

    def sources(index: int) -> list[str]:
        return [processor.describe(row) for row in batches.rows(index)]

    watch = StopOnDivergence(steps, progress.epoch, _far_loss(setup), sources)
    callbacks = [SeedDropout(settings.seed), EndOnRequest(), watch]
    if settings.ema:
        callbacks.append(keras.callbacks.SwapEMAWeights())  # for the validation loss
    if settings.scheduled_sampling:
        callbacks.append(RaiseSamplingRate())
    if settings.schedule == "plateau":
        callbacks.append(
            ReduceLROnPlateau(progress, settings.stop_on, settings.learning_rate, settings.plateau_patience)
        )
    callbacks += recorders
    if hosts:
        callbacks.append(SynchronizeProcesses(hosts, setup.models.training, progress))
    return callbacks


def build_recorders(setup: TrainingSetup, output: Path, quiet: bool) -> list[keras.callbacks.Callback]:
    """Create the callbacks that score the model, write the run and show progress. Only one process has them."""
    settings, progress = setup.recipe.training, setup.progress
    snapshot = Snapshot(family_of(setup.recipe.task), setup.models.config)
    kept = snapshot.models.training
    callbacks: list[keras.callbacks.Callback] = [TakeSnapshot(snapshot)]
    if settings.score_sentences:
        validate = validator(snapshot.models, setup.recipe, setup.data)
        callbacks.append(ScoreValidation(validate, output / "samples.txt"))
    callbacks.append(Checkpointer(output, kept, progress, settings, _far_loss(setup)))
    if settings.tensorboard and keras.backend.backend() == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(output / "tensorboard", write_graph=False))
    if not quiet:
        callbacks.append(ProgressBar(settings.epochs, setup.steps_per_epoch, progress.epoch))
        write(f"{kept.count_params():,} parameters, {setup.steps_per_epoch} steps per epoch", file=sys.stderr)
    return callbacks


def _far_loss(setup: TrainingSetup) -> float:
    return far_loss(int(setup.models.training.output_shape[-1]))
