"""The search for the targets of one source, step by step."""

import numpy as np

from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.beam import (
    BeamDecoder,
    Candidate,
    DiverseBeamDecoder,
    PhraseBeamDecoder,
    Step,
    TokenDecoder,
)
from seq2edge.device.search.constraints import filtered, logit_filters
from seq2edge.device.search.hypothesis import Finished, Hypothesis, Live
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import Ids, Phrases
from seq2edge.device.search.ranking import SequenceRanker
from seq2edge.device.search.sampling import SamplingDecoder
from seq2edge.device.special_ids import EOS


def token_decoder(options: DecodingOptions, phrases: Phrases, source: Features) -> TokenDecoder:
    """Select the token decoder for some options and phrases."""
    count = 1 if options.beam == 1 else 2 * (options.beam // options.groups)
    if options.sample:
        return SamplingDecoder(options, source)
    if phrases.required:
        return PhraseBeamDecoder(count, phrases)
    if options.diversity:
        return DiverseBeamDecoder(count, options.diversity)
    return BeamDecoder(count)


class Group:
    """A group of the beam. Only diverse beam search has more than one group.

    Attributes:
        width: Number of hypotheses that the group keeps.
        wanted: Number of hypotheses that may be returned from this group.
        finished: Finished hypotheses, best first.
    """

    def __init__(self, options: DecodingOptions, phrases: Phrases, ranker: SequenceRanker):
        self.phrases, self.ranker, self.sample = phrases, ranker, options.sample
        self.width = options.beam // options.groups
        self.wanted = -(-options.n_best // options.groups)
        self.finished: list[Finished] = []

    def finish(self, live: Live, ended: bool) -> None:
        """Add a complete hypothesis if it is among the best."""
        self.finished.append(Finished(live, self.ranker.score(live), ended, self.phrases.lacking(live.ids)))
        self.finished.sort(key=lambda finished: (len(finished.missing), -finished.score))
        del self.finished[self.width :]

    def is_done(self, live: list[Live]) -> bool:
        """Whether the search can stop, because no live hypothesis can become one of the returned ones."""
        if not live or self.sample:
            return not live
        if len(self.finished) < self.wanted or self.finished[self.wanted - 1].missing:
            return False
        return self.ranker.upper_bound(live) <= self.finished[self.wanted - 1].score


class Search:
    """The search for the targets of one source.

    At each step it takes the log-probabilities for its live hypotheses and decides which of them continue with which
    tokens.

    Args:
        options: The decoding options.
        phrases: The phrases of the options as token ids.
        source: Features of the source.

    Attributes:
        live: Live hypotheses, one for each row of the next step. If there are none, the search is over.
    """

    def __init__(self, options: DecodingOptions, phrases: Phrases, source: Features):
        length = source_length(source)
        min_length, self.max_length = options.limits(length)
        self.n_best = options.n_best
        self.filters = logit_filters(options, phrases, min_length)
        self.decoder = token_decoder(options, phrases, source)
        ranker = SequenceRanker(options, length)
        self.groups = [Group(options, phrases, ranker) for _ in range(options.groups)]
        self.live = [Live()]

    def advance(
        self, log_probs: np.ndarray, attention: np.ndarray | None, token_ids: np.ndarray | None = None
    ) -> list[int]:
        """Advance by one step.

        Args:
            log_probs: Log-probabilities of the next tokens, `(rows, columns)`.
            attention: Attention weights `(rows, source_length)`; None if the model has no attention.
            token_ids: Token id of each column, `(rows, columns)`; None: column i is token i.

        Returns:
            For each new live hypothesis the row that it continues.
        """
        allowed = filtered(self.filters, [live.ids for live in self.live], log_probs) if self.filters else log_probs
        step = Step(self.live, log_probs, allowed, token_ids, attention, {})
        grown: list[tuple[Live, int]] = []
        for index in range(len(self.groups)):
            grown += self._advance_group(index, step)
        self.live = [live for live, _ in grown]
        return [row for _, row in grown]

    def _advance_group(self, index: int, step: Step) -> list[tuple[Live, int]]:
        """Return the new hypotheses of a group, each with the row that it continues; empty if the group is done."""
        group = self.groups[index]
        rows = [row for row, live in enumerate(step.live) if live.group in (index, None)]
        chosen: list[tuple[Live, int]] = []
        for candidate in self.decoder.candidates(step, rows):
            after = self._extend(step, candidate, index)
            if candidate.token == EOS or len(after.log_probs) >= self.max_length:
                group.finish(after, ended=candidate.token == EOS)
                continue
            chosen.append((after, candidate.row))
            if len(chosen) == group.width:
                break
        if not chosen and not group.finished and rows:  # the filters forbid every token
            group.finish(max((step.live[row] for row in rows), key=lambda live: live.total), ended=False)
        return [] if group.is_done([live for live, _ in chosen]) else chosen

    def _extend(self, step: Step, candidate: Candidate, group: int) -> Live:
        """Return the hypothesis of a row, extended by the token of a candidate."""
        live = step.live[candidate.row]
        log_probs, total = (*live.log_probs, candidate.log_prob), live.total + candidate.filtered
        if candidate.token == EOS:
            return Live(live.ids, log_probs, total, live.attention, group)
        attention = live.attention if step.attention is None else (*live.attention, step.attention[candidate.row])
        return Live((*live.ids, candidate.token), log_probs, total, attention, group)

    @property
    def agreed(self) -> Ids:
        """The common beginning of all hypotheses. The best hypothesis will start with it."""
        candidates = [live.ids for live in self.live]
        candidates += [group.finished[0].live.ids for group in self.groups if group.finished]
        shortest = min(candidates, key=len)
        return next(
            (
                shortest[:place]
                for place, token in enumerate(shortest)
                if any(ids[place] != token for ids in candidates)
            ),
            shortest,
        )

    def results(self) -> list[Hypothesis]:
        """The n best hypotheses, best first. With several groups: the best of each group, then the second of each."""
        found: dict[Ids, Finished] = {}
        for rank in range(max(len(group.finished) for group in self.groups)):
            of_rank = [group.finished[rank] for group in self.groups if rank < len(group.finished)]
            for finished in sorted(of_rank, key=lambda finished: -finished.score):
                found.setdefault(finished.live.ids, finished)
        return [finished.to_hypothesis() for finished in list(found.values())[: self.n_best]]
