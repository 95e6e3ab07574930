"""Train a recipe: prepared ids in, the best Keras model and everything about its training out."""

import dataclasses
import importlib.metadata
import shutil
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.data.batches import Batches
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.evaluation.plots import plot_attention
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.recipe import Recipe, dotted
from seq2edge.pipeline.run import RECIPE_FILE, Run, model_config
from seq2edge.pipeline.training.averaging import Snapshot, load_mean
from seq2edge.pipeline.training.callbacks import (
    Checkpointer,
    ReduceLROnPlateau,
    ScoreValidation,
    SeedDropout,
    ShowProgress,
    StartEpoch,
    SynchronizeProcesses,
    TakeSnapshot,
    TerminateOnNaN,
    is_better,
    save_model,
)
from seq2edge.pipeline.training.checkpoint import Progress, load_checkpoint, read_checkpoint, save_progress, state
from seq2edge.pipeline.training.memory import keep_freed_memory
from seq2edge.pipeline.training.parallel.distribution import ALONE, Share, data_parallel, from_first
from seq2edge.pipeline.training.parallel.hosts import Hosts
from seq2edge.pipeline.training.passes import objective
from seq2edge.pipeline.training.schedules import learning_rate
from seq2edge.pipeline.training.validation import validation_scorer
from seq2edge.pipeline.training.warm_start import COUNTED, claim_output, load_initial_weights, old_run

ATTENTION_PLOTS = 4  # validation sentences in attention.png


def train(
    recipe: Recipe,
    output: Path,
    recipe_folder: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
    start: Run | None = None,
    hosts: Hosts | None = None,
) -> Run:
    """Train a recipe into a run.

    Args:
        output: The run's folder.
        recipe_folder: Where the recipe's relative paths are looked for.
        resume: Go on from the last checkpoint in `output`, if there is one.
        overwrite: Start anew where a run stands already.
        start: An earlier run whose weights are gone on from, with its tokenizer.
        hosts: The processes that train it together, of which this is the first; the others call `train_worker`.

    Raises:
        UserError: If data or recipe are not fit, `output` holds another run, or another process is lost.
    """
    if hosts:
        hosts.agree("recipe", _what_counts(recipe))
    claim_output(recipe, output, resume, overwrite)
    tokenizers = start.data.tokenizers if start else None
    data = prepare(recipe, output, PrepareOptions(recipe_folder, not resume, tokenizers, quiet))
    if hosts:
        hosts.exchange({})  # others who share the disk find the data made
        hosts.agree("data", data.checksums())
    write_text(output / RECIPE_FILE, recipe.to_toml())
    distribution, share = data_parallel()
    with distribution.scope() if distribution else nullcontext():
        training = _build(recipe, data, share, start)
        if hosts:
            _begin_together(hosts, training, output)
        else:
            training.progress = load_checkpoint(output, training.fitted) or Progress()
        if not training.finished():
            _fit(training, _writers(training, output, quiet), hosts)
    if recipe.training.average > 1 and not training.progress.averaged:
        _try_mean(recipe, data, training.progress, output, quiet)
    run = Run.open(output)
    _plot_attention(run)
    shutil.rmtree(old_run(output), ignore_errors=True)
    return run


def train_worker(
    recipe: Recipe, output: Path, hosts: Hosts, recipe_folder: Path | None = None, start: Run | None = None
) -> None:
    """Compute this process' share of a training that process 0 keeps; here only OUTPUT/data is written.

    Raises:
        UserError: As `train`.
    """
    hosts.agree("recipe", _what_counts(recipe))
    hosts.exchange({})
    tokenizers = start.data.tokenizers if start else None
    data = prepare(recipe, output, PrepareOptions(recipe_folder, tokenizers=tokenizers, quiet=True))
    hosts.agree("data", data.checksums())
    distribution, share = data_parallel()
    with distribution.scope():
        training = _build(recipe, data, share, start)
        _begin_together(hosts, training, output)
        if not training.finished():
            _fit(training, [], hosts)


def _what_counts(recipe: Recipe) -> dict[str, Any]:
    """What has to be the same in every process: the recipe, key by key, and what computes it."""
    versions = {name: importlib.metadata.version(name) for name in ("seq2edge", "keras", "jax", "sentencepiece")}
    settings = dotted(recipe.model_dump(mode="json"))
    return versions | {key: value for key, value in settings.items() if key.startswith(COUNTED)}


@dataclass
class _Training:
    """One process' part in a training.

    Attributes:
        fitted: What `fit` trains: the model, or an objective around it; compiled.
        progress: Shared with the callbacks, which write it on.
    """

    recipe: Recipe
    data: Dataset
    share: Share
    model: Seq2Seq
    fitted: keras.Model
    steps_per_epoch: int
    progress: Progress

    def finished(self) -> bool:
        settings, done = self.recipe.training, self.progress
        return done.epoch >= settings.epochs or (
            done.epoch > 0 and done.epoch - 1 - done.best_epoch >= settings.patience
        )


def _build(recipe: Recipe, data: Dataset, share: Share, start: Run | None) -> _Training:
    settings = recipe.training
    if not settings.batch_tokens and settings.batch_size % share.devices:
        raise UserError(
            f"training.batch_size {settings.batch_size}: expected a multiple of {share.devices}, the number of devices"
        )
    keep_freed_memory()
    keras.utils.set_random_seed(settings.seed)
    model = build_seq2seq(model_config(recipe, data), dtype=settings.precision)
    if start is not None:
        load_initial_weights(start, model)
    fitted = objective(model.training, settings.scheduled_sampling, settings.r_drop)
    steps_per_epoch = settings.steps_per_epoch or _training_batches(recipe, data, share).steps_per_pass
    _compile(fitted, recipe, steps_per_epoch * settings.epochs)
    return _Training(recipe, data, share, model, fitted, steps_per_epoch, Progress())


def _begin_together(hosts: Hosts, training: _Training, output: Path) -> None:
    """Take process 0's checkpoint everywhere. All assign it, as variables on several machines have to be together."""
    training.fitted.optimizer.build(training.fitted.trainable_variables)
    variables = state(training.fitted)
    found = read_checkpoint(output, training.fitted) if hosts.first else None
    progress, values = found or (Progress(), [np.asarray(variable) for variable in variables])
    vars(training.progress).update(hosts.exchange(dataclasses.asdict(progress))[0])
    for variable, value in zip(variables, from_first(values), strict=True):
        variable.assign(value)


def _compile(fitted: keras.Model, recipe: Recipe, total_steps: int) -> None:
    settings = recipe.training
    optimizer = keras.optimizers.AdamW(
        learning_rate(settings, total_steps // settings.accumulate),
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=settings.ema > 0,
        ema_momentum=settings.ema or 0.99,
        gradient_accumulation_steps=settings.accumulate if settings.accumulate > 1 else None,
    )
    # JAX without compilation takes each operation apart.
    compiled = settings.jit_compile or keras.backend.backend() == "jax"
    fitted.compile(optimizer, SequenceLoss(settings.label_smoothing), jit_compile=compiled)


def _training_batches(
    recipe: Recipe, data: Dataset, share: Share, first_step: int = 0, steps: int | None = None
) -> Batches:
    settings = recipe.training
    return Batches(
        data.train,
        settings.batch_size,
        settings.buckets,
        settings.seed,
        first_step,
        steps,
        settings.word_dropout,
        settings.batch_tokens,
        share,
    )


def _validation_batches(recipe: Recipe, data: Dataset, share: Share = ALONE) -> Batches:
    return Batches(data.valid, min(recipe.training.batch_size, len(data.valid)), buckets=2, share=share)


def _fit(training: _Training, writers: list[keras.callbacks.Callback], hosts: Hosts | None) -> None:
    recipe, data, progress, steps = training.recipe, training.data, training.progress, training.steps_per_epoch
    settings = recipe.training
    progress.averaged = False
    first_step = progress.epoch * steps
    batches = _training_batches(recipe, data, training.share, first_step, settings.epochs * steps - first_step)
    codec = data.codec()

    def sentences(index: int) -> list[str]:
        (source_ids, _), _ = batches[index]
        return [codec.source.decode([int(i) for i in row if i > EOS]) for row in source_ids]

    callbacks: list[keras.callbacks.Callback] = [SeedDropout(settings.seed)]
    callbacks.append(TerminateOnNaN(steps, progress.epoch, sentences))
    if settings.ema:
        callbacks.append(keras.callbacks.SwapEMAWeights())  # for the validation loss
    if settings.scheduled_sampling:
        callbacks.append(StartEpoch())
    if settings.schedule == "plateau":
        callbacks.append(
            ReduceLROnPlateau(progress, settings.stop_on, settings.learning_rate, settings.plateau_patience)
        )
    callbacks += writers
    if hosts:
        callbacks.append(SynchronizeProcesses(hosts, training.model.training, progress))
    training.fitted.fit(
        batches.for_fit(),
        validation_data=_validation_batches(recipe, data, training.share).for_fit(),
        epochs=settings.epochs,
        initial_epoch=progress.epoch,
        steps_per_epoch=steps,
        callbacks=callbacks,
        shuffle=False,  # the order is that of the batches, which a resumed training and other processes repeat
        verbose=0,
    )


def _writers(training: _Training, output: Path, quiet: bool) -> list[keras.callbacks.Callback]:
    """What scores, keeps and shows; in one process only."""
    settings, progress = training.recipe.training, training.progress
    snapshot = Snapshot(training.model.config)
    kept = snapshot.model.training
    callbacks: list[keras.callbacks.Callback] = [TakeSnapshot(snapshot)]
    if settings.score_sentences:
        scorer = validation_scorer(snapshot.model, training.recipe, training.data)
        callbacks.append(ScoreValidation(scorer, output / "samples.txt"))
    callbacks.append(Checkpointer(output, kept, progress, settings.stop_on, settings.patience, settings.average))
    if settings.tensorboard and keras.backend.backend() == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(output / "tensorboard", write_graph=False))
    if not quiet:
        callbacks.append(ShowProgress(settings.epochs, training.steps_per_epoch, progress.epoch))
        print(f"{kept.count_params():,} parameters, {training.steps_per_epoch} steps an epoch", file=sys.stderr)
    return callbacks


def _try_mean(recipe: Recipe, data: Dataset, progress: Progress, output: Path, quiet: bool) -> None:
    """Keep the mean of the last epochs' weights, where it scores better than the best epoch."""
    score = recipe.training.stop_on
    model = build_seq2seq(model_config(recipe, data))
    number = load_mean(output, model.training)
    if score == "loss":
        model.training.compile(loss=SequenceLoss(recipe.training.label_smoothing))
        value = model.training.evaluate(_validation_batches(recipe, data).for_fit(), verbose=0)
    else:
        value = validation_scorer(model, recipe, data)()[-1][score]
    better = is_better(score, value, progress.best)
    if better:
        progress.best = value
        save_model(model.training, output)
    progress.averaged = True
    save_progress(output, progress)
    if not quiet:
        kept = "kept" if better else "not kept"
        print(f"mean of the last {number} epochs: validation {score} {value:.4g}, {kept}", file=sys.stderr)


def _plot_attention(run: Run) -> None:
    """attention.png: what the best model looked at in the first validation sentences."""
    codec = run.data.codec()
    sources = [pair.source for _, pair in zip(range(ATTENTION_PLOTS), run.data.texts("valid"), strict=False)]
    ids = [codec.encode_source(source, run.recipe.model.source_length) for source in sources]
    found = decode(KerasSequenceModel(run.model()), ids, DecodingOptions(max_length=run.recipe.model.target_length))
    looked = [
        (codec.source_tokens(source), codec.target_tokens(best.ids), best.attention)
        for source, (best, *_) in zip(ids, found, strict=True)
        if best.attention is not None and best.ids
    ]
    if looked:  # a model that has hardly been trained may answer with nothing
        plot_attention(looked, run.path / "attention.png")
