"""Sequence-level distillation (Kim & Rush 2016): a student learns what its teacher says."""

import hashlib
import sys
from pathlib import Path

from tqdm import tqdm

from seq2edge.device.errors import UserError
from seq2edge.device.result import Result
from seq2edge.device.runner import Runner
from seq2edge.pipeline.data.dataset import SPLITS, Dataset
from seq2edge.pipeline.data.download import checksum
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sentence_chrf
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.recipe_schema.recipe import File, Recipe
from seq2edge.pipeline.run import MODEL_FILE, RECIPE_FILE, Run, model_config
from seq2edge.pipeline.training.trainer import train
from seq2edge.pipeline.training.warm_start import refuse_other_shape

FOLDER = "distilled"
CHUNK = 1024  # sources whose targets are written together


def distill(
    teacher: Run,
    recipe: Recipe,
    output: Path,
    recipe_folder: Path | None = None,
    beam: int = 5,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
    runner: Runner | None = None,
    closest: bool = False,
    start: Run | None = None,
) -> Run:
    """Train a recipe on its own sources and a teacher's targets.

    Validation and test keep their targets, so that student and teacher are scored on the same.

    Args:
        output: The student's run; what the teacher said is kept beside it, in OUTPUT.distilled, and a distillation that
            was stopped goes on from there.
        beam: Of the teacher.
        runner: What answers for the teacher, such as a bundle of it; None: its Keras model.
        closest: Of the teacher's beam take what is most like the pair's own target, not what is likeliest
            (sequence-level interpolation, section 3.3 of the paper; by chrF++, which needs no spaces).
        start: An earlier run whose weights and tokenizer the student goes on from.

    Raises:
        UserError: If teacher and recipe are not of one task and normalisation, or `start` has a model of another shape,
            with both values.
    """
    for what, theirs, ours in (
        ("task", teacher.recipe.task, recipe.task),
        ("data.normalisation", teacher.recipe.data.normalisation, recipe.data.normalisation),
    ):
        if theirs != ours:
            raise UserError(
                f"{teacher.path}: cannot teach this recipe; {what}: {theirs!r} there, {ours!r} in the recipe"
            )
    if start is not None:  # not only when the teacher has answered everything
        refuse_other_shape(start, model_config(recipe, start.data))
    folder = output.with_name(f"{output.name}.{FOLDER}")
    data = prepare(recipe, folder, PrepareOptions(recipe_folder, quiet=quiet))
    _write_targets(teacher, runner or teacher.runner(), data, folder, beam, closest, quiet)
    paths = {split: (folder if split == "train" else data.path) / f"{split}.tsv" for split in SPLITS}
    files = [
        File.model_validate({"path": str(path.resolve()), "split": split})
        for split, path in paths.items()
        if path.stat().st_size
    ]
    student = recipe.model_copy(update={"data": recipe.data.model_copy(update={"files": files})})
    return train(student, output, folder, resume=resume, overwrite=overwrite, quiet=quiet, start=start)


def _write_targets(
    teacher: Run, runner: Runner, data: Dataset, folder: Path, beam: int, closest: bool, quiet: bool
) -> None:
    """Write train.tsv with the teacher's targets; chunks that it wrote for these before are taken as they are."""
    pairs = list(data.texts("train"))
    of_teacher = [checksum(teacher.path / MODEL_FILE), checksum(teacher.path / RECIPE_FILE), runner.bundle.quantization]
    of_pairs = [f"{pair.source}\t{pair.target}" if closest else pair.source for pair in pairs]
    key = hashlib.sha256("\n".join([*of_teacher, *of_pairs]).encode()).hexdigest()[:12]
    chunks = folder / f"beam-{beam}-{key}"
    chunks.mkdir(exist_ok=True)
    with tqdm(total=len(pairs), desc="teacher", unit="sentence", disable=quiet, file=sys.stderr) as bar:
        for start in range(0, len(pairs), CHUNK):
            chunk, path = pairs[start : start + CHUNK], chunks / f"{start:09}.tsv"
            if not path.is_file():
                results = runner.run_all([pair.source for pair in chunk], beam=beam, n_best=beam if closest else 1)
                targets = [
                    " ".join((_most_like(pair, result) if closest else result.text).split())  # a row is a line
                    for pair, result in zip(chunk, results, strict=True)
                ]
                rows = zip(chunk, targets, strict=True)
                write_text(path, "".join(f"{pair.source}\t{target}\n" for pair, target in rows))
            bar.update(len(chunk))
    parts = [path.read_text(encoding="utf-8") for path in sorted(chunks.glob("*.tsv"))]
    write_text(folder / "train.tsv", "".join(parts))


def _most_like(pair: Pair, result: Result) -> str:
    """Of a result's alternatives the one nearest to the pair's target."""
    answers = [text for text, _ in result.alternatives]
    likeness = sentence_chrf(answers, [Example(pair.source, (pair.target,))] * len(answers))
    return answers[likeness.index(max(likeness))]
