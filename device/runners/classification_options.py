"""Options of classification."""

from dataclasses import dataclass

from seq2edge.device.errors import UserError
from seq2edge.device.manifests import caps
from seq2edge.device.option import Option, Range, option, options_of, out_of_range, wrong_types


@dataclass(frozen=True, kw_only=True)
class ClassificationOptions:
    """Options of classification. `OPTIONS` has a description of each field.

    Raises:
        UserError: If a value has the wrong type or is out of range.
    """

    n_best: int = option(
        1, "labels", "number of labels to return with their probabilities, best first", Range(1, caps.CLASSES)
    )

    def __post_init__(self) -> None:
        if mistakes := list(wrong_types(self, OPTIONS)) or list(out_of_range(self, OPTIONS)):
            raise UserError("; ".join(mistakes))


OPTIONS: dict[str, Option] = options_of(ClassificationOptions)
