"""What a target may not, must and should not have: changes to the log-probabilities of the next token."""

from collections.abc import Sequence

import numpy as np

from seq2edge.device.search.options import DecodingOptions, Ids, contains
from seq2edge.device.special_ids import EOS


class Constraints:
    """The rules of `DecodingOptions` for one source.

    Args:
        least, most: Tokens of the target, eos counted.
    """

    def __init__(self, options: DecodingOptions, least: int, most: int):
        self.options, self.least, self.most = options, least, most
        self.active = least > 1 or options.ruled

    def apply(self, ids: Ids, log_probs: np.ndarray) -> np.ndarray:
        """Log-probabilities `(vocabulary,)` after `ids` as the search shall see them; -inf is never taken."""
        options, allowed = self.options, log_probs.copy()
        for reply in options.given:
            whole = (*reply, EOS)
            if whole[: len(ids)] == ids and len(ids) < len(whole):
                allowed[whole[len(ids)]] -= options.given_penalty / len(whole)
        if len(ids) + 1 < self.least or self.missing(ids):
            allowed[EOS] = -np.inf
        for token in self._repeated(ids):
            allowed[token] = -np.inf
        for phrase in options.banned:
            if phrase and ids[len(ids) - len(phrase) + 1 :] == phrase[:-1]:
                allowed[phrase[-1]] = -np.inf
        if len(ids) < len(options.prefix):
            forced = options.prefix[len(ids)]
            kept = allowed[forced]
            allowed[:] = -np.inf
            allowed[forced] = kept
        return allowed

    def _repeated(self, ids: Ids) -> Sequence[int]:
        """Tokens that would complete an n-gram that is there already."""
        size = self.options.no_repeat_ngram
        if not size or len(ids) < size:
            return ()
        ending = ids[len(ids) - size + 1 :]
        return [ids[i + size - 1] for i in range(len(ids) - size + 1) if ids[i : i + size - 1] == ending]

    def missing(self, ids: Ids) -> tuple[Ids, ...]:
        """The required phrases that a target lacks."""
        return tuple(phrase for phrase in self.options.required if _matched(ids, phrase) < len(phrase))

    def met(self, ids: Ids) -> int:
        """How many tokens of the required phrases stand already, a begun one at the end counted as far as it goes."""
        return sum(_matched(ids, phrase) for phrase in self.options.required)

    def wanted(self, ids: Ids) -> set[int]:
        """The tokens that begin a missing phrase or go on with it."""
        return {token for phrase in self.missing(ids) for token in (phrase[_matched(ids, phrase)], phrase[0])}


def _matched(ids: Ids, phrase: Ids) -> int:
    """All of a phrase where it stands in the ids, else how much of its beginning they end with."""
    size = len(phrase)
    if contains(ids, phrase):
        return size
    return next(
        length for length in range(min(size - 1, len(ids)), -1, -1) if ids[len(ids) - length :] == phrase[:length]
    )
