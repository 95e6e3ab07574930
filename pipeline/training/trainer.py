"""Trains a recipe: claim the folder, prepare the data, set up, resume, fit, average, plot."""

import dataclasses
from pathlib import Path

import keras

from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.split_files import locate_files
from seq2edge.pipeline.files import CHECKPOINT_FILE, RECIPE_FILE, check_output, real_folder, write_text
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.attention_plot import plot_run_attention
from seq2edge.pipeline.training.averaging import keep_better_mean
from seq2edge.pipeline.training.callbacks.build import build_callbacks, build_recorders
from seq2edge.pipeline.training.checkpoint import load_checkpoint, save_checkpoint
from seq2edge.pipeline.training.ensemble import refuse_ensemble
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.output_folder import claim_output, discard_replaced
from seq2edge.pipeline.training.parallel.collectives import wait_for_all
from seq2edge.pipeline.training.parallel.distribution import data_parallel
from seq2edge.pipeline.training.parallel.hosts import Hosts
from seq2edge.pipeline.training.parallel.synchronize import agree_on_data, agree_on_recipe, load_shared_checkpoint
from seq2edge.pipeline.training.pretraining import pretrain
from seq2edge.pipeline.training.progress import Progress
from seq2edge.pipeline.training.run_lock import run_lock
from seq2edge.pipeline.training.setup import TrainingSetup, set_up, training_batches, validation_batches

PREPARED = "prepared data"  # where the other processes wait for process 0


def train(recipe: Recipe, output: Path, options: TrainOptions = TrainOptions()) -> Run:
    """Train a recipe.

    With `options.hosts`, this process must be the first of them. The others call `train_worker`.

    Args:
        recipe: The recipe.
        output: Folder of the run.
        options: Options of the training.

    Returns:
        The run. Its model has the weights of the best epoch.

    Raises:
        UserError: If recipe or data are unsuitable, `output` contains something else or is locked by another training,
            or another process is lost.
        CheckError: If the training diverges.
    """
    refuse_ensemble(recipe)
    output = real_folder(output)
    check_output(output)
    with run_lock(output):
        return _train(recipe, output, options)


def _train(recipe: Recipe, output: Path, options: TrainOptions) -> Run:
    hosts = options.hosts
    if hosts:
        agree_on_recipe(hosts, recipe)
    if options.overwrite:
        locate_files(recipe.data, options.recipe_folder)  # before the old run is moved: a file may be missing
    claim_output(recipe, output, options)
    data = _prepare(recipe, output, options)
    if hosts:
        wait_for_all(PREPARED)
        agree_on_data(hosts, data)
    write_text(output / RECIPE_FILE, recipe.to_toml())
    with data_parallel() as shard:
        setup = set_up(recipe, data, shard, options)
        setup.progress = _resume(setup.fitted, output, hosts)
        if options.initial_run and not (output / CHECKPOINT_FILE).is_file():  # so that --resume starts from it too
            save_checkpoint(output, setup.fitted, setup.progress)
        if not setup.finished:
            _pretrain(setup, options.quiet)
            _fit(setup, hosts, build_recorders(setup, output, options.quiet))
    if recipe.training.average > 1 and not setup.progress.averaged:
        keep_better_mean(setup, output, options.quiet)
    run = Run.open(output)
    plot_run_attention(run)
    discard_replaced(output)
    return run


def train_worker(recipe: Recipe, output: Path, options: TrainOptions) -> None:
    """Compute this process' part of a distributed training. Process 0 writes the run; this one writes only OUTPUT/data.

    Raises:
        UserError: As for `train`.
        ValueError: If `options` has no hosts.
    """
    refuse_ensemble(recipe)
    hosts = options.hosts
    if hosts is None:
        raise ValueError("a worker needs options.hosts")
    agree_on_recipe(hosts, recipe)
    wait_for_all(PREPARED)  # on a shared disk, process 0 prepares the data
    data = _prepare(recipe, output, dataclasses.replace(options, quiet=True))
    agree_on_data(hosts, data)
    with data_parallel() as shard:
        setup = set_up(recipe, data, shard, options)
        setup.progress = _resume(setup.fitted, output, hosts)
        if not setup.finished:
            _pretrain(setup, quiet=True)
            _fit(setup, hosts, [])


def _prepare(recipe: Recipe, output: Path, options: TrainOptions) -> Dataset:
    """Prepare the data, or reuse prepared data. A resumed training keeps the data that it was trained on."""
    with_embeddings = not options.initial_parts or any(name.endswith("embedding") for name in options.initial_parts)
    tokenizers = options.initial_run.data.tokenizers if options.initial_run and with_embeddings else None
    prepare_options = PrepareOptions(
        options.recipe_folder, overwrite=not options.resume, tokenizers=tokenizers, quiet=options.quiet
    )
    return prepare(recipe, output, prepare_options)


def _resume(fitted: keras.Model, output: Path, hosts: Hosts | None) -> Progress:
    """Load the checkpoint in the output folder, if there is one."""
    if hosts:
        return load_shared_checkpoint(hosts, output, fitted)
    return load_checkpoint(output, fitted) or Progress()


def _pretrain(setup: TrainingSetup, quiet: bool) -> None:
    """Pre-train, unless the training is resumed from a checkpoint, which includes the result."""
    settings = setup.recipe.training
    if settings.pretrain_epochs and not setup.progress.epoch:
        pretrain(setup.models, setup.data.train, settings, setup.shard, quiet)


def _fit(setup: TrainingSetup, hosts: Hosts | None, recorders: list[keras.callbacks.Callback]) -> None:
    settings, progress, steps = setup.recipe.training, setup.progress, setup.steps_per_epoch
    progress.averaged = False  # further epochs change the mean
    first_step = progress.epoch * steps
    batches = training_batches(setup.recipe, setup.data, setup.shard, first_step, settings.epochs * steps - first_step)
    setup.fitted.fit(
        batches.for_fit(),
        validation_data=validation_batches(setup.recipe, setup.data, setup.shard).for_fit(),
        epochs=settings.epochs,
        initial_epoch=progress.epoch,
        steps_per_epoch=steps,
        callbacks=build_callbacks(setup, batches, hosts, recorders),
        shuffle=False,  # resumed trainings and other processes rely on the order of the batches
        verbose=0,
    )
