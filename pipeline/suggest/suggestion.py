"""The recipe that `init` writes for a file of pairs or labelled texts."""

import json
import math
from dataclasses import dataclass
from typing import Any

import jinja2

from seq2edge.device.errors import UserError
from seq2edge.device.tasks import TASKS, Family, Task
from seq2edge.pipeline.data.labels import check_counts
from seq2edge.pipeline.data.readers import file_format
from seq2edge.pipeline.recipe_schema.base import read_recipe
from seq2edge.pipeline.recipe_schema.data import Data
from seq2edge.pipeline.recipe_schema.load import find_recipe
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer
from seq2edge.pipeline.suggest.fitting import Fit, Size, fit, size_for
from seq2edge.pipeline.suggest.inspection import Inspection
from seq2edge.pipeline.suggest.labels import MOST_LABELS
from seq2edge.pipeline.suggest.repeated_items import fitting_slots

TEMPLATES: dict[Family, str] = {"seq2seq": "seq2seq.toml.jinja", "classification": "classification.toml.jinja"}
# Training speed with 256 units on two CPU cores, by encoder: target tokens per second, or tokens of labelled texts.
TOKENS_PER_SECOND = {"lstm": 3_000, "gru": 12_000, "bag": 20_000}
UNITS_MEASURED = 256
SHORTEST_LIMIT = 100  # characters
SMALLEST_RATIO = 15.0


@dataclass(frozen=True)
class Suggestion:
    """The values for the template of a recipe.

    Attributes:
        found: The findings about the file.
        size: Model and training settings for this number of pairs.
        fit: Settings that were tried on the pairs.
        measured: Training time in seconds, estimated from trial steps on this machine; None if there was no trial.
    """

    found: Inspection
    size: Size
    fit: Fit
    measured: float | None = None

    @property
    def format(self) -> str:
        return file_format(self.found.file)

    @property
    def minutes(self) -> int:
        """Estimated training time in minutes, on this machine if it was measured."""
        if self.measured is not None:
            return max(1, round(self.measured / 60))
        speed = TOKENS_PER_SECOND[self.size.encoder] * min(2.0, (UNITS_MEASURED / self.size.units) ** 1.5)
        tokens = self.size.epochs * self.found.counts.pairs * self.fit.typical_length
        return max(1, round(tokens / speed / 60))

    @property
    def where(self) -> str:
        return "two CPU cores" if self.measured is None else "the machine it was written on"

    @property
    def task(self) -> Task:
        return TASKS[self.found.task]

    @property
    def task_comment(self) -> str:
        """The comment on the task. It lists the other tasks if the targets are texts."""
        *names, last = (task.name for task in TASKS.values() if task.target == self.task.target)
        return f"{', '.join(names)} or {last}: decides the metrics and the demo" if names else "targets are labels"

    @property
    def fallback(self) -> dict[str, Any] | None:
        """The fallback of the recipe quickstart for a chat, if the file has messages without an answer."""
        if not self.task.is_conversation or not self.found.counts.unanswered:
            return None
        fallback: dict[str, Any] = read_recipe(find_recipe("quickstart"))["decoding"]["fallback"]
        return fallback

    @property
    def languages(self) -> list[tuple[str, str | None]]:
        """The sides that are texts, and their languages if they are known."""
        sides = [("source", self.found.source_language), ("target", self.found.target_language)]
        return sides[:1] if self.found.has_labels else sides


def suggest(found: Inspection) -> Suggestion:
    """Choose settings for a file of pairs or labelled texts.

    Raises:
        UserError: If there are too few pairs, or they are too long or too similar to train on; or if there are fewer
            than two labels, or a label has only one example.
    """
    task = TASKS[found.task]
    longest = max(found.source.percentile_99, found.target.percentile_99)
    ratio = math.inf if found.has_labels else max(SMALLEST_RATIO, float(math.ceil(2 * found.length_ratio)))
    data = Data(
        files=[found.file],
        target_normalisation="none" if task.multiline else None,
        max_characters=max(SHORTEST_LIMIT, 2 * longest),
        max_length_ratio=ratio,
        keep_identical=found.has_labels,
    )
    size = size_for(found.counts.pairs, task.family)
    if found.has_labels:
        if found.counts.targets.too_many:
            raise UserError(f"{found.path} must have at most {MOST_LABELS:,} labels, got more")
        check_counts(found.counts.targets.counts, found.rows(), str(found.path))
        tokenizer = Tokenizer(joint=False, fold_case=True, vocabulary=size.vocabulary, samples=size.samples)
        return Suggestion(found, size, fit(found.counts.sample, data, tokenizer, has_labels=True))
    joint = (found.source.script == found.target.script or task.is_conversation) and not task.multiline
    tokenizer = Tokenizer(joint=joint, vocabulary=size.vocabulary, slots=fitting_slots(found.counts.sample))
    return Suggestion(found, size, fit(found.counts.sample, data, tokenizer))


def recipe_text(suggestion: Suggestion) -> str:
    """Return the recipe with comments, as TOML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seq2edge.pipeline.suggest", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["toml"] = _toml
    template = environment.get_template(TEMPLATES[suggestion.task.family])
    return template.render(suggestion=suggestion, **vars(suggestion))


def _toml(value: str | int | bool) -> str:
    """Format a value in TOML. A JSON string is a TOML string, except that U+007F must be escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
