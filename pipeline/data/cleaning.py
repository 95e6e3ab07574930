"""Cleaning of pairs, with an account of what was dropped and why."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from seq2edge.device.text import normalise
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.recipe_schema.recipe import Data

SHOWN = 100  # characters of an example
SHORT = 4  # characters: shorter sides count as so long, for one-word answers are no misalignment
BROKEN = re.compile("[\ufffd\ud800-\udfff]")


@dataclass
class Cleaner:
    """Normalises pairs and drops what teaches nothing.

    Attributes:
        dropped: How many pairs, by reason.
        examples: The first pair dropped for each reason.
    """

    settings: Data
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    _seen: set[int] = field(default_factory=set)  # 64-bit hashes: a tenth of the memory of the texts

    def clean(self, pairs: Iterable[Pair], split_for: Callable[[Pair], str] = lambda pair: "") -> Iterator[Pair]:
        """The pairs worth keeping, normalised.

        Args:
            split_for: The split a pair goes to. A pair is a duplicate only of one in its own split: of a pair that
                training and test files share, the test file must not lose its copy.
        """
        for pair in pairs:
            form = self.settings.normalisation
            reason = None
            if is_broken(pair.source) or is_broken(pair.target):
                reason, cleaned = "broken encoding", pair
            else:
                cleaned = Pair(normalise(pair.source, form), normalise(pair.target, form))
                reason = self._fault(cleaned, split_for)
            if reason is None:
                self.kept += 1
                yield cleaned
            else:
                self.dropped[reason] += 1
                self.examples.setdefault(reason, f"{pair.source[:SHOWN]!r} → {pair.target[:SHOWN]!r}")

    def forget_seen(self) -> None:
        """Give up what duplicates are told by, once all pairs are through: of five million pairs 0.4 GB."""
        self._seen.clear()

    def _fault(self, pair: Pair, split_for: Callable[[Pair], str]) -> str | None:
        shorter, longer = sorted((len(pair.source), len(pair.target)))
        if shorter == 0:
            return "empty"
        if longer > self.settings.max_characters:
            return "too long"
        if longer > self.settings.max_length_ratio * max(shorter, SHORT):
            return "length ratio"
        if pair.source == pair.target and not self.settings.keep_identical:
            return "identical sides"
        key = hash64(f"{split_for(pair)}\t{pair.source}\t{pair.target}")
        if key in self._seen:
            return "duplicate"
        self._seen.add(key)
        return None


def is_broken(text: str) -> bool:
    """Does a text hold the sign of a failed decoding, or half a surrogate pair?"""
    return BROKEN.search(text) is not None


def hash64(text: str) -> int:
    """The same 64 bits on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
