"""Sequence-level distillation (Kim & Rush 2016): trains a student on the outputs of a teacher."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seq2edge.device.errors import UserError
from seq2edge.device.result import Result
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.special_ids import UNKNOWN
from seq2edge.pipeline.data.dataset import SPLITS, Dataset, read_split, split_file, split_line, split_path
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sentence_chrf
from seq2edge.pipeline.files import MODEL_FILE, RECIPE_FILE, check_output, checksum, write_text
from seq2edge.pipeline.recipe_schema.data import Data, File
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.ensemble import refuse_ensemble
from seq2edge.pipeline.training.options import DistillOptions
from seq2edge.pipeline.training.run_lock import run_lock
from seq2edge.pipeline.training.trainer import train
from seq2edge.pipeline.training.warm_start import check_weights_fit

FOLDER = "distilled"
CHUNK = 1024  # number of sources whose outputs are written to one file


def distill(teacher: Run, recipe: Recipe, output: Path, options: DistillOptions = DistillOptions()) -> Run:
    """Train a recipe on its own sources and a teacher's outputs.

    Validation and test keep their targets, so that student and teacher are scored on the same pairs. The teacher's
    outputs are kept in OUTPUT.distilled, so that an interrupted distillation can be resumed.

    Args:
        teacher: Run of the teacher.
        recipe: Recipe of the student.
        output: Folder of the student's run.
        options: Options of the student's training and of the teacher's search.

    Returns:
        The run of the student.

    Raises:
        UserError: If teacher and recipe differ in task or normalisation, or if `options.initial_run` has another model.
            The message has both values.
    """
    refuse_ensemble(recipe)
    check_output(output)
    _check_teacher(teacher, recipe)
    if (
        options.initial_run is not None and not options.initial_parts
    ):  # checked before the teacher decodes, which takes a long time
        check_weights_fit(options.initial_run, recipe, options.initial_run.data)
    folder = output.with_name(f"{output.name}.{FOLDER}")
    with run_lock(folder):
        data = prepare(recipe, folder, PrepareOptions(options.recipe_folder, quiet=options.quiet))
        _write_targets(teacher, data, folder, options)
    paths = {split: split_path(folder if split == "train" else data.path, split) for split in SPLITS}
    files = [file for split, path in paths.items() for file in _files_by_origin(recipe.data, split, path, folder)]
    student = recipe.model_copy(update={"data": recipe.data.as_prepared(files)})
    return train(student, output, replace(options, recipe_folder=folder))


def _check_teacher(teacher: Run, recipe: Recipe) -> None:
    for key, theirs, ours in (
        ("task", teacher.recipe.task, recipe.task),
        ("data.normalisation of both sides", teacher.recipe.data.normalisations, recipe.data.normalisations),
    ):
        if theirs != ours:
            raise UserError(
                f"{teacher.path}: cannot teach this recipe; {key}: {theirs!r} there, {ours!r} in the recipe"
            )


def _write_targets(teacher: Run, data: Dataset, folder: Path, options: DistillOptions) -> None:
    """Write train.jsonl with the teacher's outputs as targets. Chunks of an earlier attempt are kept."""
    runner = options.runner or teacher.runner()
    if isinstance(runner, Seq2SeqRunner):
        runner = runner.model_only()
    pairs = list(data.texts("train"))
    chunks = folder / f"beam-{options.beam}-{_key(teacher, runner, pairs, options.closest)}"
    chunks.mkdir(exist_ok=True)
    with tqdm(total=len(pairs), desc="teacher", unit="sentence", disable=options.quiet or None, file=sys.stderr) as bar:
        for start in range(0, len(pairs), CHUNK):
            chunk, path = pairs[start : start + CHUNK], chunks / f"{start:09}.jsonl"
            if not path.is_file():
                rows = zip(chunk, _outputs(runner, chunk, options), strict=True)
                write_text(path, "".join(split_line(replace(pair, target=target)) for pair, target in rows))
            bar.update(len(chunk))
    parts = [path.read_text(encoding="utf-8") for path in sorted(chunks.glob("*.jsonl"))]
    write_text(split_path(folder, "train"), "".join(parts))


def _files_by_origin(data: Data, split: str, path: Path, folder: Path) -> Iterator[File]:
    """Yield the files of a split for the student's recipe, one for each file of `data`.

    Each file has its own domain and weight.
    """
    lines: dict[int, list[str]] = {}
    for pair in read_split(path.parent, split):
        lines.setdefault(pair.origin, []).append(split_line(pair))
    for origin, own in lines.items():
        part = path
        if len(lines) > 1:
            part = folder / f"{split}-{origin}.jsonl"
            write_text(part, "".join(own))
        yield split_file(part, split, data.files[origin])


def _key(teacher: Run, runner: Runner[Any], pairs: list[Pair], closest: bool) -> str:
    """Return a hash of everything that the teacher's outputs depend on, except the beam size."""
    of_teacher = [
        checksum(teacher.path / MODEL_FILE),
        checksum(teacher.path / RECIPE_FILE),
        runner.manifest.quantization,
    ]
    of_pairs = [split_line(pair if closest else Pair(pair.source, "", origin=pair.origin)) for pair in pairs]
    return hashlib.sha256("\n".join([*of_teacher, *of_pairs]).encode()).hexdigest()[:12]


def _outputs(runner: Runner[Any], pairs: list[Pair], options: DistillOptions) -> list[str]:
    """Return the teacher's output for each source. A source without an answer stays one.

    The outputs are the model's own, even where a bundle would reply with its fallback.
    """
    n_best = options.beam if options.closest else 1
    answered = [pair for pair in pairs if pair.target != UNKNOWN]
    results = iter(runner.run_all([pair.source for pair in answered], beam=options.beam, n_best=n_best))
    return [UNKNOWN if pair.target == UNKNOWN else _output(pair, next(results), options.closest) for pair in pairs]


def _output(pair: Pair, result: Result, closest: bool) -> str:
    return _closest(pair, result) if closest else result.alternatives[0][0]


def _closest(pair: Pair, result: Result) -> str:
    """Return the hypothesis that is most similar to the pair's target (sequence-level interpolation, section 3.3).

    Similarity is chrF++, which does not depend on word boundaries.
    """
    hypotheses = [text for text, _ in result.alternatives]
    similarity = sentence_chrf(hypotheses, [Example(pair.source, (pair.target,))] * len(hypotheses))
    return hypotheses[similarity.index(max(similarity))]
