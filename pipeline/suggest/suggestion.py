"""The recipe that `init` writes for a file of pairs."""

import json
import math
from dataclasses import dataclass
from importlib.resources import files

import jinja2

from seq2edge.device.tasks import TASKS, Task
from seq2edge.pipeline.data.readers import file_format
from seq2edge.pipeline.recipe_schema.recipe import Data, Tokenizer
from seq2edge.pipeline.suggest.fitting import Fit, Size, fit, size_for
from seq2edge.pipeline.suggest.inspection import Inspection

TEMPLATE = "recipe.toml.jinja"
TOKENS_PER_SECOND = 3_000  # target tokens in training with 256 units on two CPU cores
UNITS_MEASURED = 256
SHORTEST_LIMIT = 100  # characters
SMALLEST_RATIO = 15.0


@dataclass(frozen=True)
class Suggestion:
    """Everything that the template of the recipe shows.

    Attributes:
        found: What is in the file.
        size: Model and training settings for this number of pairs.
        fit: Settings tried on the pairs.
    """

    found: Inspection
    size: Size
    fit: Fit

    @property
    def format(self) -> str:
        return file_format(self.found.file)

    @property
    def minutes(self) -> int:
        """Estimated training time on two CPU cores."""
        speed = TOKENS_PER_SECOND * min(2.0, (UNITS_MEASURED / self.size.units) ** 1.5)
        tokens = self.size.epochs * self.found.counts.pairs * self.fit.typical_target
        return max(1, round(tokens / speed / 60))

    @property
    def task(self) -> Task:
        return TASKS[self.found.task]

    @property
    def tasks(self) -> str:
        """The names of the tasks whose targets are texts."""
        *names, last = (task.name for task in TASKS.values() if task.target == "text")
        return f"{', '.join(names)} or {last}"


def suggest(found: Inspection) -> Suggestion:
    """Settings that suit a file of pairs.

    Raises:
        UserError: If there are too few pairs, or they are too long or too similar to train on.
    """
    task = TASKS[found.task]
    longest = max(found.source.percentile_99, found.target.percentile_99)
    data = Data(
        files=[found.file],
        target_normalisation="none" if task.multiline else None,
        max_characters=max(SHORTEST_LIMIT, 2 * longest),
        max_length_ratio=max(SMALLEST_RATIO, float(math.ceil(2 * found.length_ratio))),
    )
    joint = (found.source.script == found.target.script or task.is_conversation) and not task.multiline
    size = size_for(found.counts.pairs)
    return Suggestion(found, size, fit(found.counts.sample, data, Tokenizer(joint=joint, vocabulary=size.vocabulary)))


def recipe_text(suggestion: Suggestion) -> str:
    """The commented recipe as TOML."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["toml"] = _toml
    source = files("seq2edge.pipeline.suggest").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(source).render(suggestion=suggestion, **vars(suggestion))


def _toml(value: str | int | bool) -> str:
    """A value in TOML. A JSON string is a TOML string but for U+007F, which TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
