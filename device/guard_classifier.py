"""A linear classifier of folded messages: whether the writer is in distress, and the kind of distress.

Its weights of n-grams are learned by `seq2edge.export.guard_training`. A score is easy to compute on any device: the
sum of the weights of a text's n-grams, divided by the square root of their number, plus a bias.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, TypedDict

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import Between, Items

Unit = Literal["word", "character"]
LONGEST = 1000  # units of a text; the rest is ignored
LONGEST_UNIT = 50  # characters of a word; the rest is ignored
FNV_OFFSET, FNV_PRIME, FNV_MASK = 2_166_136_261, 16_777_619, 0xFFFF_FFFF  # FNV-1a, 32 bits
FIRST, CHECKS, ZERO = 35, 92, 81  # of the characters in a table: "#" to "~" are 92; "Q" is weight 0


class LinearJson(TypedDict):
    """A linear function of the n-grams of a text.

    Attributes:
        bias: Added to the value.
        scale: Unit of the weights.
        table: Two characters for each slot. An n-gram with hash h is in slot `h % slots` if the slot's first character
            is the one with code `35 + h // slots % 92`. The code of the second, minus 81, is its weight in units. So a
            weight takes two bytes whatever the length of its n-gram; one in 92 unknown n-grams gets a wrong weight.
    """

    bias: float
    scale: float
    table: str


class ClassifierJson(TypedDict):
    """The classifier of a language in guard.json.

    Attributes:
        unit: Unit of the n-grams: words or characters.
        longest: Number of units of the longest n-grams; the shortest have one.
        distress: Computes the logit of distress.
        categories: Computes a score for each category, by name. A message in distress gets the category with the
            highest score.
        bonus: Added to the logit if a pattern matches.
        threshold: The guard answers messages with a logit above this value.
    """

    unit: Unit
    longest: Annotated[int, Between(1, 10)]
    distress: LinearJson
    categories: Annotated[dict[str, LinearJson], Items(1)]
    bonus: float
    threshold: float


def ngrams(text: str, unit: Unit, longest: int) -> Iterator[str]:
    """Yield all n-grams of a folded text, including repetitions. Words are joined by a space."""
    units: Sequence[str] = (
        [word[:LONGEST_UNIT] for word in text.split()[:LONGEST]] if unit == "word" else text[:LONGEST]
    )
    space = " " if unit == "word" else ""
    for start in range(len(units)):
        for end in range(start + 1, min(start + longest, len(units)) + 1):
            yield space.join(units[start:end])


def hash_of(gram: str) -> int:
    """The 32-bit FNV-1a hash of the code points of an n-gram (Fowler, Noll & Vo 1991)."""
    value = FNV_OFFSET
    for letter in gram:
        value = (value ^ ord(letter)) * FNV_PRIME & FNV_MASK
    return value


class Linear:
    """A linear function of n-grams.

    Raises:
        UserError: If the table is empty, or has an odd number of characters or one that is not ASCII.
    """

    def __init__(self, values: LinearJson):
        self.bias, self.scale = values["bias"], values["scale"]
        self.table = values["table"].encode("ascii", "ignore")
        self.slots = len(self.table) // 2
        if not self.slots or 2 * self.slots != len(values["table"]):
            raise UserError("guard.json: a table must have two ASCII characters for each slot")

    def __call__(self, hashes: Sequence[int]) -> float:
        """Compute the value for the hashes of the n-grams of a text."""
        total = 0
        for value in hashes:
            check, slot = divmod(value, self.slots)
            if self.table[2 * slot] == FIRST + check % CHECKS:
                total += self.table[2 * slot + 1] - ZERO
        return self.bias + self.scale * total / max(1, len(hashes)) ** 0.5


class Classifier:
    """Decides whether the writer of a message is in distress. There is one classifier for each language.

    Args:
        values: The section of guard.json for the language.
    """

    def __init__(self, values: ClassifierJson):
        self.unit, self.longest = values["unit"], values["longest"]
        self.bonus, self.threshold = values["bonus"], values["threshold"]
        self.distress = Linear(values["distress"])
        self.categories = {name: Linear(linear) for name, linear in values["categories"].items()}

    def is_distress(self, text: str, has_pattern: bool) -> bool:
        """Whether the logit of a folded text is above the threshold.

        Args:
            text: The folded text.
            has_pattern: Whether a pattern matches the text.
        """
        return self.distress(self._hashes(text)) + self.bonus * has_pattern > self.threshold

    def category(self, text: str) -> str:
        """The category with the highest score for a folded text."""
        hashes = self._hashes(text)
        return max(self.categories, key=lambda name: self.categories[name](hashes))

    def _hashes(self, text: str) -> list[int]:
        return [hash_of(gram) for gram in ngrams(text, self.unit, self.longest)]
