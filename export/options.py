"""Options of an export. The recipe provides the values of those that are not given."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_args

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Quantization, Runtime
from seq2edge.export.tflite.runtimes import fixed_lengths

if TYPE_CHECKING:  # the command line reads the options even if pydantic is not installed
    from seq2edge.pipeline.recipe_schema.recipe import Recipe

RECIPE_OPTIONS = ("runtimes", "shortlist")  # keys of a recipe's section `export`; some families lack one


@dataclass(frozen=True)
class BundleSettings:
    """The complete settings of a bundle.

    Attributes:
        quantization: "none" (float32), "float16" or "int8".
        section: The recipe's section `export`, updated with the given options. Each family has its own class of it.
        fixed_lengths: Source lengths in tokens that have their own signatures with static shapes.
        keep_float: Names of weights that stay float32 in an int8 file.
        max_score_loss: Largest loss, in points of the task's score, that is accepted; None: any loss.
    """

    quantization: Quantization
    section: Any
    fixed_lengths: tuple[int, ...]
    keep_float: tuple[str, ...]
    max_score_loss: float | None


def _flag(name: str, text: str, **settings: Any) -> dict[str, Any]:
    """Return the metadata of a field with a flag of `seq2edge export`; `settings` are arguments for argparse."""
    return {"flag": name, "help": text, **settings}


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export into a bundle. The help of each flag describes its field.

    None stands for the recipe's value, which `resolve` looks up.

    Raises:
        UserError: If values are not allowed or contradict each other. The message has all mistakes.
    """

    quantization: Quantization = field(
        default="int8",
        metadata=_flag(
            "--quantize",
            "quantization of the weights (default: each one that the recipe names)",
            choices=get_args(Quantization),
        ),
    )
    runtimes: tuple[Runtime, ...] | None = field(
        default=None,
        metadata=_flag(
            "--runtime",
            f"{', '.join(get_args(Runtime))}; a file that one of them cannot run is refused (default: the recipe's)",
            metavar="RUNTIME",
            choices=get_args(Runtime),
            nargs="+",
        ),
    )
    shortlist: int | None = field(
        default=None,
        metadata=_flag(
            "--shortlist",
            "search only N likely target tokens for each source token; 0: search all (default: as in the recipe)",
            type=int,
            metavar="N",
        ),
    )
    max_score_loss: float | None = field(
        default=None,
        metadata=_flag(
            "--max-score-loss",
            "refuse a bundle that loses more points of the task's main metric than this over the whole test set",
            type=float,
            metavar="POINTS",
        ),
    )
    keep_float: tuple[str, ...] = field(
        default=(),
        metadata=_flag("--keep-float", "weights that stay float32 in an int8 file", nargs="+", metavar="WEIGHT"),
    )
    overwrite: bool = field(
        default=False, metadata=_flag("--overwrite", "replace an existing output", action="store_true")
    )

    def __post_init__(self) -> None:
        if mistakes := list(self._mistakes()):
            raise UserError("; ".join(mistakes))

    def _mistakes(self) -> Iterator[str]:
        if self.quantization not in get_args(Quantization):
            yield f"quantization must be one of {', '.join(get_args(Quantization))}, got {self.quantization!r}"
        if self.runtimes is not None and (not self.runtimes or set(self.runtimes) - set(get_args(Runtime))):
            given = ", ".join(map(repr, self.runtimes)) or "none"
            yield f"runtimes must be one or more of {', '.join(get_args(Runtime))}, got {given}"
        if self.shortlist is not None and self.shortlist < 0:
            yield f"shortlist must be at least 0, got {self.shortlist}"
        if self.max_score_loss is not None and not self.max_score_loss >= 0:
            yield f"max_score_loss must be at least 0, got {self.max_score_loss}"
        if self.keep_float and self.quantization != "int8":
            yield (
                f"keep_float must be empty unless quantization is int8, got {', '.join(self.keep_float)} with "
                f"quantization {self.quantization}"
            )

    def resolve(self, recipe: "Recipe") -> BundleSettings:
        """Return the complete settings: the given options, and the recipe's values for the others.

        Raises:
            UserError: If an option is given that the recipe's family does not have.
        """
        given = {name: value for name in RECIPE_OPTIONS if (value := getattr(self, name)) is not None}
        if unknown := sorted(given.keys() - vars(recipe.export).keys()):
            allowed = [
                one.name for one in fields(self) if one.name not in RECIPE_OPTIONS or hasattr(recipe.export, one.name)
            ]
            raise UserError(
                f"{', '.join(unknown)}: not an option for a model of the task {recipe.task}; its options are "
                f"{', '.join(allowed)}"
            )
        section = recipe.export.model_copy(update=given)
        lengths = fixed_lengths(section.fixed_lengths, section.runtimes, recipe.model.source_length)
        return BundleSettings(self.quantization, section, tuple(lengths), self.keep_float, self.max_score_loss)
