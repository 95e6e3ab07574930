"""Evaluation sets: a split of a run's data, or a file of pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Normalisation
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.cleaning import normalised
from seq2edge.pipeline.data.readers import file_format, read_pairs
from seq2edge.pipeline.data.records import RECORDS
from seq2edge.pipeline.evaluation.baseline import MOST_PAIRS, Baseline
from seq2edge.pipeline.evaluation.examples import Example, examples
from seq2edge.pipeline.evaluation.groups import BY_DOMAIN, BY_SCRIPT, by_domain, by_script
from seq2edge.pipeline.evaluation.metrics.registry import task_scores
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.run import Run

NFC: tuple[Normalisation, Normalisation] = ("NFC", "NFC")
Groups = dict[str, dict[str, dict[str, Any]]]  # kind ("by domain" …) → group → scores


@dataclass(frozen=True)
class BaselineScores:
    """Scores of a baseline.

    Attributes:
        scores: Scores by metric key, with "sentences".
        groups: Scores of parts of the set that do not depend on a tokenizer.
    """

    baseline: Baseline
    scores: dict[str, Any]
    groups: Groups


@dataclass(frozen=True)
class EvaluationSet:
    """Sources and references.

    Attributes:
        name: "train", "valid", "test", or the name of a file without its suffix.
        baselines: Those to compare with.
        folder: Where results are written unless the options name another folder.
    """

    name: str
    task: str
    expected: list[Example]
    baselines: Sequence[Baseline] = ()
    folder: Path = Path("evaluations")

    @classmethod
    def of_run(cls, run: Run, split: str) -> "EvaluationSet":
        """Make a set of a split of a run's data.

        Raises:
            UserError: If the split is empty.
        """
        domains = [file.domain for file in run.recipe.data.files]
        expected = examples(list(run.data.texts(split)), run.recipe.task, domains)
        if not expected:
            raise UserError(
                f"{run.path}: the {split} set is empty; data.{split} in the recipe is its share of the data"
            )
        return cls(split, run.recipe.task, expected, _baselines(run, expected), run.path)

    @classmethod
    def of_file(cls, path: Path, task: str, forms: tuple[Normalisation, Normalisation] = NFC) -> "EvaluationSet":
        """Make a set of a file of pairs, or of a folder of labelled texts.

        The suffix of a file's name tells whether it is TSV, CSV or JSON Lines. A JSON object has the keys "source" and
        "target".

        Args:
            forms: Normalisation of sources and of references.

        Raises:
            UserError: If the file or folder cannot be read, or has no pairs.
        """
        pairs = [normalised(pair, forms) for pair in read_pairs(_entry(path), path)]
        if not pairs:
            raise UserError(f"{path}: the file contains no pairs")
        return cls(path.name.split(".")[0], task, examples(pairs, task))

    @cached_property
    def parts(self) -> dict[str, dict[str, list[int]]]:
        """Indices of the examples of each group, by kind of group."""
        return {BY_DOMAIN: by_domain(self.expected), BY_SCRIPT: by_script(self.expected)}

    @cached_property
    def baseline_scores(self) -> list[BaselineScores]:
        """Scores of the baselines, which are the same for all systems."""
        return [
            BaselineScores(one, self.scores(one.answers), self.group_scores(one.answers, self.parts))
            for one in self.baselines
        ]

    def scores(self, hypotheses: Sequence[str], indices: Sequence[int] | None = None) -> dict[str, Any]:
        """Return the task's scores on some of the examples; None: on all."""
        indices = range(len(self.expected)) if indices is None else indices
        chosen = [hypotheses[index] for index in indices], [self.expected[index] for index in indices]
        return {"sentences": len(indices), **task_scores(self.task, *chosen)}

    def group_scores(self, hypotheses: Sequence[str], kinds: Mapping[str, Mapping[str, Sequence[int]]]) -> Groups:
        """Return the task's scores on each group of each kind that has groups."""
        return {
            kind: {name: self.scores(hypotheses, indices) for name, indices in groups.items()}
            for kind, groups in kinds.items()
            if groups
        }


def _entry(path: Path) -> File:
    """Return the entry that a recipe would have for a file."""
    file = File(path=str(path), format="folder" if path.is_dir() else None)
    kind = file_format(file)
    if kind in RECORDS and isinstance(next(RECORDS[kind](path, file), (0, None))[1], dict):
        return file.model_copy(update={"source": "source", "target": "target"})
    return file


def _baselines(run: Run, expected: Sequence[Example]) -> list[Baseline]:
    """Fit the baselines of a run's task to its training pairs, evenly spaced ones if there are many."""
    names = TASKS[run.recipe.task].baselines
    if not names:
        return []
    pairs, sources = run.data.training_texts(MOST_PAIRS), [example.source for example in expected]
    return [Baseline.of(name, pairs, sources) for name in names]
