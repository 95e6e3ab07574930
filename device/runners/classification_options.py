"""Options of a classification."""

from dataclasses import dataclass

from seq2edge.device.errors import UserError


@dataclass(frozen=True)
class ClassificationOptions:
    """How to answer with labels.

    Attributes:
        n_best: Number of labels to give, the most likely first.

    Raises:
        UserError: If a value is not allowed.
    """

    n_best: int = 1

    def __post_init__(self) -> None:
        if type(self.n_best) is not int or self.n_best < 1:
            raise UserError(f"n_best is {self.n_best!r}, allowed is 1 or more")
