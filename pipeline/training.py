"""Train a recipe: prepared ids in, the best Keras model and everything about its training out."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import keras

from seq2edge.device.decoding import DecodingOptions, decode
from seq2edge.device.errors import UserError
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.batches import Batches
from seq2edge.pipeline.callbacks import KeepBest, ScoreValidation, SeedDropout, ShowProgress
from seq2edge.pipeline.checkpoint import Progress, load_checkpoint
from seq2edge.pipeline.files import refuse_existing, write_text
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.plots import plot_attention
from seq2edge.pipeline.prepare import Prepared, prepare
from seq2edge.pipeline.recipe import Recipe, load_recipe
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
) -> Run:
    """Train a recipe into a run.

    Args:
        output: The run's folder.
        recipe_folder: Where the recipe's relative paths are looked for.
        resume: Go on from the last checkpoint in `output`, if there is one.
        overwrite: Start anew where a run stands already.

    Raises:
        UserError: If data or recipe are not fit, or `output` holds another run.
    """
    _take_folder(recipe, output, resume, overwrite)
    data = prepare(recipe, output, recipe_folder, quiet=quiet, overwrite=not resume)
    write_text(output / RECIPE_FILE, recipe.to_toml())
    settings = recipe.training
    keras.utils.set_random_seed(settings.seed)
    model = build_seq2seq(model_config(recipe, data), dtype=settings.precision)
    steps_per_epoch = settings.steps_per_epoch or Batches(data.train, settings.batch_size, settings.buckets).steps
    _compile(model, recipe, steps_per_epoch * settings.epochs)
    progress = load_checkpoint(output, model.training) or Progress()
    finished = progress.epoch >= settings.epochs or (
        progress.epoch > 0 and progress.epoch - 1 - progress.best_epoch >= settings.patience
    )
    if not finished:
        _fit(model, recipe, data, progress, steps_per_epoch, output, quiet)
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


def _compile(model: Seq2Seq, recipe: Recipe, total_steps: int) -> None:
    settings = recipe.training
    optimizer = keras.optimizers.AdamW(
        learning_rate(settings, total_steps), weight_decay=settings.weight_decay, global_clipnorm=settings.clip_norm
    )
    model.training.compile(optimizer, SequenceLoss(settings.label_smoothing), jit_compile=settings.jit_compile)


def _fit(
    model: Seq2Seq, recipe: Recipe, data: Prepared, progress: Progress, steps_per_epoch: int, output: Path, quiet: bool
) -> None:
    settings = recipe.training
    first_step = progress.epoch * steps_per_epoch
    batches = Batches(
        data.train,
        settings.batch_size,
        settings.buckets,
        settings.seed,
        first_step,
        settings.epochs * steps_per_epoch - first_step,
        settings.word_dropout,
    )
    validation = Batches(data.valid, min(settings.batch_size, len(data.valid)), buckets=2)
    callbacks: list[keras.callbacks.Callback] = [SeedDropout(settings.seed)]
    if settings.score_sentences:
        callbacks.append(ScoreValidation(_scorer(model, recipe, data), output / "samples.txt"))
    callbacks.append(KeepBest(output, progress, settings.stop_on, settings.patience))
    if settings.tensorboard and keras.backend.backend() == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(output / "tensorboard", write_graph=False))
    if not quiet:
        callbacks.append(ShowProgress(settings.epochs, steps_per_epoch, progress.epoch))
        print(f"{model.training.count_params():,} parameters, {batches.steps_per_pass} batches a pass", file=sys.stderr)
    model.training.fit(
        batches.for_fit(),
        validation_data=validation.for_fit(),
        epochs=settings.epochs,
        initial_epoch=progress.epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=callbacks,
        verbose=0,
    )


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
