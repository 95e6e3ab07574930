"""Token decoder for sampling."""

import numpy as np

from seq2edge.device.processors.interface import Features
from seq2edge.device.search.beam import Indices, Step, TokenDecoder
from seq2edge.device.search.options import DecodingOptions


class SamplingDecoder(TokenDecoder):
    """Draws one token at random for each hypothesis.

    Args:
        options: The decoding options; `beam` is the number of targets drawn for a source.
        source: Features of the source. The seed and the features determine the random numbers, so the targets of a
            source do not depend on other sources in the batch.
    """

    def __init__(self, options: DecodingOptions, source: Features):
        self.options = options
        self.random = np.random.default_rng([options.seed, *_words(source)])

    def positions(self, step: Step, rows: list[int]) -> tuple[Indices, Indices]:
        is_first = step.live[0].group is None
        draws = rows * self.options.beam if is_first else rows
        draws = [row for row in draws if step.filtered[row].max() > -np.inf]  # no token is allowed in the others
        return draws, [self._draw(step.filtered[row]) for row in draws]

    def _draw(self, log_probs: np.ndarray) -> int:
        """Draw a token from those allowed by top_k and top_p."""
        options = self.options
        order = np.argsort(-log_probs, kind="stable")
        if options.top_k:
            order = order[: options.top_k]
        scaled = (log_probs[order] - log_probs[order[0]]) / options.temperature
        probabilities = np.exp(scaled, dtype=np.float64)
        probabilities /= probabilities.sum()
        if options.top_p < 1:  # keep the token with which the sum reaches p
            kept = 1 + int(np.searchsorted(np.cumsum(probabilities), options.top_p))
            order, probabilities = order[:kept], probabilities[:kept] / probabilities[:kept].sum()
        return int(self.random.choice(order, p=probabilities))


def _words(source: Features) -> list[int]:
    """The bytes of the features as 32-bit integers."""
    content = b"".join(values.tobytes() for values in source.values())
    return np.frombuffer(content + bytes(-len(content) % 4), "<u4").tolist()
