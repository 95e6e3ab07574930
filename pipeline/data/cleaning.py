"""Cleans pairs, and counts the dropped ones by reason."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from seq2edge.device.manifests.common import Normalisation
from seq2edge.device.processors.text import MAX_CHARACTERS, is_blank, normalise
from seq2edge.device.special_ids import UNKNOWN
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.recipe_schema.data import Data

EXAMPLE_LENGTH = 100  # characters of each side that an example shows
SHORT = 4  # characters. For the length ratio, shorter sides count as this long, so that one-word answers are kept
BROKEN = re.compile("[\ufffd\ud800-\udfff]")


@dataclass
class Cleaner:
    """Normalises pairs and drops those that are unfit for training.

    Attributes:
        dropped: Number of pairs by reason.
        examples: The first pair dropped for each reason.
        kept: Number of pairs kept.
    """

    settings: Data
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    _seen: set[int] = field(default_factory=set)  # 64-bit hashes, which take a tenth of the memory of the texts

    def clean(self, pairs: Iterable[Pair], split_for: Callable[[Pair], str] = lambda pair: "") -> Iterator[Pair]:
        """Yield the pairs that are kept, normalised.

        Args:
            split_for: Returns the split of a pair. Only duplicates within a split are dropped, so that a test file
                keeps pairs that are also in a training file.
        """
        for pair in pairs:
            reason = None
            if _is_broken(pair.source) or _is_broken(pair.target):
                reason, cleaned = "broken encoding", pair
            else:
                cleaned = normalised(pair, self.settings.normalisations)
                reason = self._reason_to_drop(cleaned, split_for)
            if reason is None:
                self.kept += 1
                yield cleaned
            else:
                self.dropped[reason] += 1
                self.examples.setdefault(reason, f"{pair.source[:EXAMPLE_LENGTH]!r} → {pair.target[:EXAMPLE_LENGTH]!r}")

    def forget_seen(self) -> None:
        """Free the memory used to find duplicates (0.4 GB for five million pairs), after all pairs are cleaned."""
        self._seen.clear()

    def _reason_to_drop(self, pair: Pair, split_for: Callable[[Pair], str]) -> str | None:
        shorter, longer = sorted((len(pair.source), len(pair.target)))
        if is_blank(pair.source) or is_blank(pair.target):
            return "empty"
        if longer > self.settings.max_characters or len(pair.source) > MAX_CHARACTERS:
            return "too long"
        if longer > self.settings.max_length_ratio * max(shorter, SHORT) and pair.target != UNKNOWN:
            return "length ratio"
        if pair.source == pair.target and not self.settings.keep_identical:
            return "identical sides"
        key = hash64(f"{split_for(pair)}\t{pair.source}\t{pair.target}")
        if key in self._seen:
            return "duplicate"
        self._seen.add(key)
        return None


def normalised(pair: Pair, forms: tuple[Normalisation, Normalisation]) -> Pair:
    """Normalise a pair to the forms of source and target. `UNKNOWN` stays as it is; NFKC would change it to "??"."""
    target = UNKNOWN if pair.target.strip() == UNKNOWN else normalise(pair.target, forms[1])
    return replace(pair, source=normalise(pair.source, forms[0]), target=target)


def _is_broken(text: str) -> bool:
    """Return whether a text contains a replacement character, left by a failed decoding, or half a surrogate pair."""
    return BROKEN.search(text) is not None


def hash64(text: str) -> int:
    """Return a 64-bit hash of a text, the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
