"""Beam search as a TensorFlow graph: the same search as `seq2edge.device.search`, without its token constraints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS, UNK
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe

Step = Callable[[tf.Tensor, list[tf.Tensor]], tuple[tf.Tensor, list[tf.Tensor]]]  # tokens, states → logits, states
BESIDE_GREEDY = 5  # beam size for a recipe whose own search is greedy
LOWEST = tf.float32.min  # the score of a hypothesis that does not exist


class _Beams(NamedTuple):
    """The state of a search between steps.

    Attributes:
        length: Number of tokens generated so far, a scalar.
        tokens: The last token of each live hypothesis, `(batch * beam,)`.
        totals: Log-probabilities of the live hypotheses, `(batch, beam)`.
        ids: Ids of the live hypotheses, `(batch, beam, max_length)`.
        finished_ids, finished_scores: Ids and scores of the finished hypotheses, best first.
        decided: Whether no live hypothesis can become the best, `(batch,)`.
        states: States of the decoder, with a row for each live hypothesis.
    """

    length: tf.Tensor
    tokens: tf.Tensor
    totals: tf.Tensor
    ids: tf.Tensor
    finished_ids: tf.Tensor
    finished_scores: tf.Tensor
    decided: tf.Tensor
    states: tuple[tf.Tensor, ...]


class _Candidates(NamedTuple):
    """Live hypotheses extended by one token, best first.

    Log-probabilities, indices of the live hypotheses and tokens are `(batch, candidates)`, ids are `(batch, candidates,
    max_length)`.
    """

    totals: tf.Tensor
    parents: tf.Tensor
    tokens: tf.Tensor
    ids: tf.Tensor


@dataclass(frozen=True)
class GraphBeam:
    """Settings of a beam search in a graph.

    Attributes:
        beam: Number of hypotheses kept and returned.
        length_penalty: Alpha of Wu et al. 2016, equation 14.
        max_length: Largest number of target tokens, eos included.
        unknown: Whether unk has a share of the probability, as for `seq2edge.device.search.model.SequenceModel`.
    """

    beam: int
    length_penalty: float
    max_length: int
    unknown: bool = False

    @classmethod
    def from_recipe(cls, recipe: Seq2SeqRecipe, unknown: bool = False) -> "GraphBeam":
        """Return the recipe's search, or one with a beam of 5 if the recipe's search is greedy."""
        beam = recipe.decoding.beam if recipe.decoding.beam > 1 else BESIDE_GREEDY
        return cls(beam, recipe.decoding.length_penalty, recipe.model.target_length, unknown)

    def options(self) -> DecodingOptions:
        """Options of the same search in `seq2edge.device.search`."""
        return DecodingOptions(beam=self.beam, max_length=self.max_length, length_penalty=self.length_penalty)

    def greedy_options(self) -> DecodingOptions:
        """Options of a greedy search of the same length in `seq2edge.device.search`."""
        return DecodingOptions(max_length=self.max_length)

    def search(self, step: Step, states: Sequence[tf.Tensor], batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Decode a batch.

        Args:
            step: The decoder step, given tokens `(batch * beam,)` and states with as many rows.
            states: The initial states, `(batch, …)`.
            batch: Number of sentences, a scalar.

        Returns:
            Ids `(batch, beam, max_length)`, best first, with eos at the end of a target, then pad; and scores
            `(batch, beam)`, -inf for a hypothesis that does not exist.
        """

        def undecided(beams: _Beams) -> tf.Tensor:
            return tf.logical_and(beams.length < self.max_length, tf.logical_not(tf.reduce_all(beams.decided)))

        def advance(beams: _Beams) -> tuple[_Beams]:
            logits, new_states = step(beams.tokens, list(beams.states))
            return (self._advance(beams, logits, new_states),)

        (end,) = tf.while_loop(undecided, advance, (self._start(states, batch),))
        scores = end.finished_scores
        return end.finished_ids, tf.where(scores > LOWEST / 2, scores, -float("inf"))

    def _start(self, states: Sequence[tf.Tensor], batch: tf.Tensor) -> _Beams:
        """Return beams with one live hypothesis for each sentence. The others do not exist yet."""
        no_ids = tf.zeros([batch, self.beam, self.max_length], tf.int32)
        return _Beams(
            length=tf.constant(0),
            tokens=tf.fill([batch * self.beam], BOS),
            totals=tf.concat([tf.zeros([batch, 1]), tf.fill([batch, self.beam - 1], LOWEST)], axis=1),
            ids=no_ids,
            finished_ids=no_ids,
            finished_scores=tf.fill([batch, self.beam], LOWEST),
            decided=tf.zeros([batch], tf.bool),
            states=tuple(tf.repeat(state, self.beam, axis=0) for state in states),
        )

    def _advance(self, beams: _Beams, logits: tf.Tensor, new_states: Sequence[tf.Tensor]) -> _Beams:
        """Extend the live hypotheses by one token, and move those that end to the finished ones."""
        candidates, length = self._candidates(beams, logits), beams.length + 1
        ends = tf.logical_or(candidates.tokens == EOS, length >= self.max_length)
        # Ignore candidates after the one that fills the beam.
        live_before = tf.cumsum(tf.cast(tf.logical_not(ends), tf.int32), axis=1, exclusive=True)
        exists = tf.logical_and(live_before < self.beam, candidates.totals > LOWEST / 2)
        finishes = tf.logical_and(exists, ends) & tf.logical_not(beams.decided)[:, tf.newaxis]
        new_scores = tf.where(finishes, candidates.totals / self._penalty(length), LOWEST)
        scores, best = tf.math.top_k(tf.concat([beams.finished_scores, new_scores], axis=1), self.beam)
        survives = tf.logical_and(exists, tf.logical_not(ends))
        totals, chosen = tf.math.top_k(tf.where(survives, candidates.totals, LOWEST), self.beam)
        parents, tokens, ids = (
            tf.gather(values, chosen, batch_dims=1)
            for values in (candidates.parents, candidates.tokens, candidates.ids)
        )
        rows = tf.reshape(tf.range(tf.shape(ids)[0])[:, tf.newaxis] * self.beam + parents, [-1])
        bound = tf.reduce_max(totals, axis=1) / self._penalty(self.max_length)
        return _Beams(
            length=length,
            tokens=tf.reshape(tokens, [-1]),
            totals=totals,
            ids=ids,
            finished_ids=tf.gather(tf.concat([beams.finished_ids, candidates.ids], axis=1), best, batch_dims=1),
            finished_scores=scores,
            decided=beams.decided | tf.logical_and(scores[:, 0] > LOWEST / 2, bound <= scores[:, 0]),
            states=tuple(tf.gather(state, rows) for state in new_states),
        )

    def _candidates(self, beams: _Beams, logits: tf.Tensor) -> _Candidates:
        """Return the best extensions: twice the beam, so that half of them may end. Greedy search needs one."""
        count = 2 * self.beam if self.beam > 1 else 1
        log_probs = tf.nn.log_softmax(logits[:, EOS:], axis=-1)  # pad, unk and bos come before eos: never generated
        if self.unknown:
            log_probs = tf.nn.log_softmax(tf.concat([logits[:, UNK : UNK + 1], logits[:, EOS:]], axis=1))[:, 1:]
        vocabulary = tf.shape(log_probs)[1]
        extended = tf.reshape(beams.totals, [-1, 1]) + log_probs
        totals, flat = tf.math.top_k(tf.reshape(extended, [-1, self.beam * vocabulary]), count)
        parents, tokens = flat // vocabulary, flat % vocabulary + EOS
        ids = tf.gather(beams.ids, parents, batch_dims=1)
        ids = tf.where(tf.range(self.max_length) == beams.length, tokens[:, :, tf.newaxis], ids)
        return _Candidates(totals, parents, tokens, ids)

    def _penalty(self, length: tf.Tensor | int) -> tf.Tensor:
        return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** self.length_penalty
