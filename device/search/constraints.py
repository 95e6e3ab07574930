"""Logit filters: they change the log-probabilities of the next token to keep a target within its constraints."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import Ids, Phrases
from seq2edge.device.search.slots import SlotUse
from seq2edge.device.search.wording import BannedTexts
from seq2edge.device.special_ids import EOS, UNK


class LogitFilter(Protocol):
    """A constraint on the next token."""

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        """Change log-probabilities in place; -inf forbids a token.

        Args:
            ids: The target so far.
            log_probs: Log-probabilities of the next token, `(vocabulary,)`.
        """


class PenaliseEarlierReplies:
    """Penalises earlier replies. The penalty, in nats, is spread evenly over the tokens of a reply."""

    def __init__(self, replies: Sequence[Ids], penalty: float):
        self.replies, self.penalty = [(*reply, EOS) for reply in replies], penalty

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        for reply in self.replies:
            if reply[: len(ids)] == ids and len(ids) < len(reply):
                log_probs[reply[len(ids)]] -= self.penalty / len(reply)


class SuppressEos:
    """Forbids eos before the minimum length and while required phrases are missing."""

    def __init__(self, min_length: int, phrases: Phrases):
        self.min_length, self.phrases = min_length, phrases

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        if len(ids) + 1 < self.min_length or self.phrases.missing(ids):
            log_probs[EOS] = -np.inf


class NoRepeatNgram:
    """Forbids tokens that would repeat an n-gram of the target."""

    def __init__(self, size: int):
        self.size = size

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        size = self.size
        ending = ids[len(ids) - size + 1 :]
        for start in range(len(ids) - size + 1):
            if ids[start : start + size - 1] == ending:
                log_probs[ids[start + size - 1]] = -np.inf


class SuppressPhrases:
    """Forbids tokens that would complete a banned phrase."""

    def __init__(self, phrases: Sequence[Ids]):
        self.phrases = phrases

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        for phrase in self.phrases:
            if ids[len(ids) - len(phrase) + 1 :] == phrase[:-1]:
                log_probs[phrase[-1]] = -np.inf


class SuppressTexts:
    """Forbids tokens with which the text of a target would contain a banned phrase."""

    def __init__(self, texts: BannedTexts):
        self.texts = texts

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        for tokens in self.texts.next_tokens(ids):
            log_probs[tokens] = -np.inf


class ForcePrefix:
    """Allows only the next token of the prefix until the prefix is complete."""

    def __init__(self, prefix: Ids):
        self.prefix = prefix

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        if len(ids) < len(self.prefix):
            _keep_only(log_probs, [self.prefix[len(ids)]])


class WriteSlots:
    """A logit filter that completes and limits the slots of a target.

    When eos is the most likely token and a slot of the source is unwritten, only a space and then unwritten slots are
    allowed. A slot that the target has as often as the source is forbidden, and so are tokens that extend an item.
    """

    def __init__(self, use: SlotUse):
        self.use, self.slots = use, {slot.id: slot for slot in use.slots}

    def apply(self, ids: Ids, log_probs: np.ndarray) -> None:
        unwritten = [slot for slot in self.use.unwritten(ids) if log_probs[slot] > -np.inf]  # a slot can be banned
        for slot in self.use.slots:
            if ids.count(slot.id) >= slot.most:
                log_probs[slot.id] = -np.inf
        if ids and (last := self.slots.get(ids[-1])):
            log_probs[[*last.extending, *self.slots]] = -np.inf
        elif len(ids) > 1 and ids[-2] in self.slots and ids[-1] in self.use.separators:
            log_probs[list(self.use.digits)] = -np.inf
        if unwritten:
            if log_probs.argmax() == EOS:
                has_space = ids[-1:] == (self.use.space,) or self.use.space == UNK
                _keep_only(log_probs, unwritten if has_space else [self.use.space])
            log_probs[EOS] = -np.inf


def _keep_only(log_probs: np.ndarray, tokens: Sequence[int]) -> None:
    """Forbid all tokens but some."""
    kept = log_probs[tokens]  # a copy
    log_probs[:] = -np.inf
    log_probs[tokens] = kept


def logit_filters(options: DecodingOptions, phrases: Phrases, min_length: int) -> list[LogitFilter]:
    """Build the filters for some options and phrases, in the order of their application. Often there are none.

    Args:
        options: The decoding options.
        phrases: The phrases of the options as token ids.
        min_length: Minimum length of the target, including eos.
    """
    filters: list[LogitFilter] = []
    if phrases.earlier and options.earlier_replies_penalty:
        filters.append(PenaliseEarlierReplies(phrases.earlier, options.earlier_replies_penalty))
    if min_length > 1 or phrases.required:
        filters.append(SuppressEos(min_length, phrases))
    if options.no_repeat_ngram:
        filters.append(NoRepeatNgram(options.no_repeat_ngram))
    if phrases.banned:
        filters.append(SuppressPhrases(phrases.banned))
    if phrases.wording and phrases.wording.banned:
        filters.append(SuppressTexts(phrases.wording.banned))
    if phrases.prefix:
        filters.append(ForcePrefix(phrases.prefix))
    if phrases.slots:
        filters.append(WriteSlots(phrases.slots))
    return filters


def filtered(filters: Sequence[LogitFilter], targets: Sequence[Ids], log_probs: np.ndarray) -> np.ndarray:
    """Apply filters to log-probabilities.

    Args:
        filters: The filters.
        targets: For each row the ids of the target so far.
        log_probs: Log-probabilities of the next tokens, `(rows, vocabulary)`.

    Returns:
        A changed copy of `log_probs`.
    """
    log_probs = log_probs.copy()
    for ids, row in zip(targets, log_probs, strict=True):
        for rule in filters:
            rule.apply(ids, row)
    return log_probs
