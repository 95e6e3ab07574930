"""Train a recipe: prepared ids in, the best Keras model and everything about its training out."""

import dataclasses
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import keras

from seq2edge.device.decoding import DecodingOptions, decode
from seq2edge.device.errors import UserError
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.averaging import load_mean
from seq2edge.pipeline.batches import Batches
from seq2edge.pipeline.callbacks import (
    HalveOnPlateau,
    KeepBest,
    ScoreValidation,
    SeedDropout,
    ShowProgress,
    StartEpoch,
    StopOnNonsense,
    is_better,
    save_model,
)
from seq2edge.pipeline.checkpoint import Progress, load_checkpoint, save_progress
from seq2edge.pipeline.files import refuse_existing, write_text
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.objectives import objective
from seq2edge.pipeline.plots import plot_attention
from seq2edge.pipeline.prepare import Prepared, prepare
from seq2edge.pipeline.recipe import Recipe
from seq2edge.pipeline.recipe_file import load_recipe
from seq2edge.pipeline.run import DATA_FOLDER, RECIPE_FILE, Run, model_config
from seq2edge.pipeline.schedules import learning_rate
from seq2edge.pipeline.scoring import examples, scores

SAMPLES = 12  # sentences in samples.txt and, of these, the first few in attention.png
ATTENTION_PLOTS = 4


def train(
    recipe: Recipe,
    output: Path,
    recipe_folder: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
    start: Run | None = None,
) -> Run:
    """Train a recipe into a run.

    Args:
        output: The run's folder.
        recipe_folder: Where the recipe's relative paths are looked for.
        resume: Go on from the last checkpoint in `output`, if there is one.
        overwrite: Start anew where a run stands already.
        start: An earlier run whose weights are gone on from, with its tokenizer.

    Raises:
        UserError: If data or recipe are not fit, or `output` holds another run.
    """
    _take_folder(recipe, output, resume, overwrite)
    tokenizers = start.data.tokenizers if start else None
    data = prepare(recipe, output, recipe_folder, quiet=quiet, overwrite=not resume, tokenizers=tokenizers)
    write_text(output / RECIPE_FILE, recipe.to_toml())
    settings = recipe.training
    keras.utils.set_random_seed(settings.seed)
    model = build_seq2seq(model_config(recipe, data), dtype=settings.precision)
    if start is not None:
        take_weights(start, model)
    fitted = objective(model.training, settings.scheduled_sampling, settings.r_drop)
    steps_per_epoch = settings.steps_per_epoch or _training_batches(recipe, data).steps_per_pass
    _compile(fitted, recipe, steps_per_epoch * settings.epochs)
    progress = load_checkpoint(output, fitted) or Progress()
    finished = progress.epoch >= settings.epochs or (
        progress.epoch > 0 and progress.epoch - 1 - progress.best_epoch >= settings.patience
    )
    if not finished:
        _fit(model, fitted, recipe, data, progress, steps_per_epoch, output, quiet)
    if settings.average > 1 and not progress.averaged:
        _try_mean(recipe, data, progress, output, quiet)
    run = Run.open(output)
    _plot_attention(run)
    shutil.rmtree(_old(output), ignore_errors=True)
    return run


def _take_folder(recipe: Recipe, output: Path, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds something else, and make a new one."""
    there = output / RECIPE_FILE
    if not resume:
        refuse_existing(output, overwrite, keep=DATA_FOLDER)
        if there.is_file():
            _set_aside(output)
    elif there.is_file():
        before = load_recipe(there).model_dump()
        changed = [
            f"{section}.{key}: {old!r} there, {new!r} now"
            for section, values in recipe.model_dump().items()
            if section in ("data", "tokenizer", "model", "training")
            for key, new in values.items()
            if (old := before[section][key]) != new and (section, key) != ("training", "epochs")
        ]
        if changed:
            raise UserError(f"{output}: cannot go on with another recipe; " + "; ".join(changed))
    output.mkdir(parents=True, exist_ok=True)


def _set_aside(output: Path) -> None:
    """Move an old run out of the way; it is deleted when the new one is whole. Prepared data is used again."""
    old = _old(output)
    shutil.rmtree(old, ignore_errors=True)
    output.rename(old)
    output.mkdir()
    if (old / DATA_FOLDER).is_dir():
        (old / DATA_FOLDER).rename(output / DATA_FOLDER)


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def take_weights(start: Run, model: Seq2Seq) -> None:
    """Give a fresh model the weights of an earlier run.

    Raises:
        UserError: If it is of another shape, with both values of every setting that differs.
    """
    before, now = dataclasses.asdict(model_config(start.recipe, start.data)), dataclasses.asdict(model.config)
    free = ("dropout", "variational_dropout")
    differing = [
        f"{key}: {before[key]!r} there, {now[key]!r} now" for key in now if before[key] != now[key] and key not in free
    ]
    if differing:
        raise UserError(f"{start.path}: its weights do not fit this recipe's model; " + "; ".join(differing))
    for weight, value in zip(model.training.trainable_weights, start.model().training.trainable_weights, strict=True):
        weight.assign(value)


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


def _training_batches(recipe: Recipe, data: Prepared, first_step: int = 0, steps: int | None = None) -> Batches:
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
    )


def _validation_batches(recipe: Recipe, data: Prepared) -> Batches:
    return Batches(data.valid, min(recipe.training.batch_size, len(data.valid)), buckets=2)


def _fit(
    model: Seq2Seq,
    fitted: keras.Model,
    recipe: Recipe,
    data: Prepared,
    progress: Progress,
    steps_per_epoch: int,
    output: Path,
    quiet: bool,
) -> None:
    settings = recipe.training
    progress.averaged = False
    first_step = progress.epoch * steps_per_epoch
    batches = _training_batches(recipe, data, first_step, settings.epochs * steps_per_epoch - first_step)
    codec = data.codec()

    def sentences(index: int) -> list[str]:
        (source_ids, _), _ = batches[index]
        return [codec.source.decode([int(i) for i in row if i > 3]) for row in source_ids]

    callbacks: list[keras.callbacks.Callback] = [SeedDropout(settings.seed)]
    callbacks.append(StopOnNonsense(steps_per_epoch, progress.epoch, sentences))
    if settings.ema:
        callbacks.append(keras.callbacks.SwapEMAWeights())  # for the validation loss
    if settings.scheduled_sampling:
        callbacks.append(StartEpoch())
    if settings.schedule == "plateau":
        callbacks.append(HalveOnPlateau(progress, settings.stop_on, settings.learning_rate, settings.plateau_patience))
    if settings.score_sentences:
        callbacks.append(ScoreValidation(_scorer(model, recipe, data), output / "samples.txt"))
    callbacks.append(KeepBest(output, model.training, progress, settings.stop_on, settings.patience, settings.average))
    if settings.tensorboard and keras.backend.backend() == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(output / "tensorboard", write_graph=False))
    if not quiet:
        callbacks.append(ShowProgress(settings.epochs, steps_per_epoch, progress.epoch))
        print(f"{model.training.count_params():,} parameters, {batches.steps_per_pass} batches a pass", file=sys.stderr)
    fitted.fit(
        batches.for_fit(),
        validation_data=_validation_batches(recipe, data).for_fit(),
        epochs=settings.epochs,
        initial_epoch=progress.epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=callbacks,
        verbose=0,
    )


def _try_mean(recipe: Recipe, data: Prepared, progress: Progress, output: Path, quiet: bool) -> None:
    """Keep the mean of the last epochs' weights, where it scores better than the best epoch."""
    score = recipe.training.stop_on
    model = build_seq2seq(model_config(recipe, data))
    number = load_mean(output, model.training)
    if score == "loss":
        model.training.compile(loss=SequenceLoss(recipe.training.label_smoothing))
        value = model.training.evaluate(_validation_batches(recipe, data).for_fit(), verbose=0)
    else:
        value = _scorer(model, recipe, data)()[-1][score]
    better = is_better(score, value, progress.best)
    if better:
        progress.best = value
        save_model(model.training, output)
    progress.averaged = True
    save_progress(output, progress)
    if not quiet:
        kept = "kept" if better else "not kept"
        print(f"mean of the last {number} epochs: validation {score} {value:.4g}, {kept}", file=sys.stderr)


def _scorer(model: Seq2Seq, recipe: Recipe, data: Prepared) -> Callable:
    """Greedy outputs of the first validation sentences and their scores."""
    expected = examples(list(data.texts("valid")), recipe.task)[: recipe.training.score_sentences]
    codec, decoder = data.codec(), KerasSequenceModel(model)
    sources = [codec.encode_source(example.source, recipe.model.source_length) for example in expected]
    options = DecodingOptions(max_length=recipe.model.target_length)

    def score() -> tuple[list[str], list[str], list[str], dict[str, float]]:
        found = decode(decoder, sources, options)
        hypotheses = [codec.decode_target(best.ids) for best, *_ in found]
        wanted = scores(hypotheses, expected)
        shown = expected[:SAMPLES]
        return (
            [example.source for example in shown],
            hypotheses[:SAMPLES],
            [" | ".join(example.references) for example in shown],
            {name: wanted[name] for name in ("bleu", "chrf", "exact_match")},
        )

    return score


def _plot_attention(run: Run) -> None:
    """attention.png: what the best model looked at in the first validation sentences."""
    codec = run.data.codec()
    sources = [pair.source for _, pair in zip(range(ATTENTION_PLOTS), run.data.texts("valid"), strict=False)]
    ids = [codec.encode_source(source, run.recipe.model.source_length) for source in sources]
    found = decode(KerasSequenceModel(run.model()), ids, DecodingOptions(max_length=run.recipe.model.target_length))
    looked = [
        (codec.source_pieces(source), codec.target_pieces(best.ids), best.attention)
        for source, (best, *_) in zip(ids, found, strict=True)
        if best.attention is not None and best.ids
    ]
    if looked:  # a model that has hardly been trained may answer with nothing
        plot_attention(looked, run.path / "attention.png")
