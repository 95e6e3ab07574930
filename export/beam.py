"""Beam search as a TensorFlow graph, step for step that of `seq2edge.device.search` without its extra rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tensorflow as tf

from seq2edge.device.special_ids import BOS, EOS

Step = Callable[[tf.Tensor, list[tf.Tensor]], tuple[tf.Tensor, list[tf.Tensor]]]  # tokens, states → logits, states


@dataclass(frozen=True)
class GraphBeam:
    """What a beam search in a graph has to know.

    Attributes:
        beam: Hypotheses kept side by side, and returned.
        length_penalty: Alpha of Wu et al. 2016, equation 14.
        max_length: Target tokens at most, eos counted.
    """

    beam: int
    length_penalty: float
    max_length: int

    def search(self, step: Step, states: Sequence[tf.Tensor], batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Decode a batch.

        Args:
            step: Takes tokens `(batch * beam,)` and states of as many rows.
            states: First states, `(batch, …)`.
            batch: Number of sentences, a scalar.

        Returns:
            Ids `(batch, beam, max_length)`, best first, eos where a target ended and pad behind it, and their scores
            `(batch, beam)`; a hypothesis that was not found scores -inf.
        """
        beam, nothing = self.beam, tf.float32.min
        count = 2 * beam if beam > 1 else 1  # so many candidates hold a beam of live ones; greedy search ends with eos
        first_rows = tf.concat([tf.zeros([batch, 1]), tf.fill([batch, beam - 1], nothing)], axis=1)
        no_ids = tf.zeros([batch, beam, self.max_length], tf.int32)
        start = (
            tf.constant(0),
            tf.fill([batch * beam], BOS),
            first_rows,  # totals of the live hypotheses; all of them grow from one
            no_ids,
            no_ids,  # of the finished ones
            tf.fill([batch, beam], nothing),  # their scores
            tf.zeros([batch], tf.bool),  # decided
            *(tf.repeat(state, beam, axis=0) for state in states),
        )

        def undecided(length, tokens, totals, ids, kept, scores, decided, *states):
            return tf.logical_and(length < self.max_length, tf.logical_not(tf.reduce_all(decided)))

        def extend(length, tokens, totals, ids, kept, scores, decided, *states):
            logits, new_states = step(tokens, list(states))
            # pad, unk and bos stand before eos and are never generated.
            log_probs = tf.nn.log_softmax(logits[:, EOS:], axis=-1)
            vocabulary = tf.shape(log_probs)[1]
            grown = tf.reshape(totals, [-1, 1]) + log_probs
            candidates, flat = tf.math.top_k(tf.reshape(grown, [batch, beam * vocabulary]), count)
            parents, token = flat // vocabulary, flat % vocabulary + EOS  # (batch, count)
            grown_ids = tf.gather(ids, parents, batch_dims=1)
            grown_ids = tf.where(tf.range(self.max_length) == length, token[:, :, tf.newaxis], grown_ids)
            ends = tf.logical_or(token == EOS, length + 1 >= self.max_length)
            goes_on = tf.cast(tf.logical_not(ends), tf.int32)
            # Candidates behind the one that fills the beam are not looked at.
            looked_at = tf.cumsum(goes_on, axis=1, exclusive=True) < beam
            possible = tf.logical_and(looked_at, candidates > nothing / 2)
            finishes = tf.logical_and(possible, ends) & tf.logical_not(decided)[:, tf.newaxis]
            new_scores = tf.where(finishes, candidates / self._penalty(length + 1), nothing)
            scores, best = tf.math.top_k(tf.concat([scores, new_scores], axis=1), beam)
            kept = tf.gather(tf.concat([kept, grown_ids], axis=1), best, batch_dims=1)
            totals, chosen = tf.math.top_k(
                tf.where(tf.logical_and(possible, tf.logical_not(ends)), candidates, nothing), beam
            )
            rows = tf.range(batch)[:, tf.newaxis] * beam + tf.gather(parents, chosen, batch_dims=1)
            kept_states = [tf.gather(state, tf.reshape(rows, [-1])) for state in new_states]
            ids, tokens = (tf.gather(values, chosen, batch_dims=1) for values in (grown_ids, token))
            bound = tf.reduce_max(totals, axis=1) / self._penalty(self.max_length)
            decided |= tf.logical_and(scores[:, 0] > nothing / 2, bound <= scores[:, 0])
            return length + 1, tf.reshape(tokens, [-1]), totals, ids, kept, scores, decided, *kept_states

        _, _, _, _, kept, scores, *_ = tf.while_loop(undecided, extend, start)
        return kept, tf.where(scores > nothing / 2, scores, -float("inf"))

    def _penalty(self, length: tf.Tensor | int) -> tf.Tensor:
        return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** self.length_penalty
