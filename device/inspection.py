"""A record of how the model found an answer: tokens and words, attention, confidences and the trace of the search."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seq2edge.device.result import Decider, Part, Result
from seq2edge.device.search.trace import DIGITS, ROOT, Trace
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.words import Word, word_attention, words_of


@dataclass(frozen=True)
class InspectedPart:
    """A segment of the source with its target.

    Attributes:
        source_tokens, target_tokens: Tokens as strings for display; "▁" is a space. The source ends in eos, the target
            does not.
        source_words, target_words: The tokens joined into words.
        attention: Weights `(target_tokens, source_tokens)`; None if the model has no attention.
        word_attention: Weights `(target_words, source_words)`; None if the model has no attention.
        confidences: Probability of each target token, 0 to 1.
        word_confidences: For each target word the geometric mean of the probabilities of its tokens.
        trace: Trace of the search.
        tokens: Maps the token ids in the trace to strings for display.
        texts: Maps the id of each hypothesis in the trace to its text. With the text as `prefix`, the search starts
            from this hypothesis.
        choices: Maps the id of each hypothesis on the path to the answer to its texts after each of its next tokens,
            in the order of the next tokens.
    """

    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    source_words: tuple[Word, ...]
    target_words: tuple[Word, ...]
    attention: np.ndarray | None
    word_attention: np.ndarray | None
    confidences: tuple[float, ...]
    word_confidences: tuple[float, ...]
    trace: Trace
    tokens: dict[int, str]
    texts: dict[int, str]
    choices: dict[int, tuple[str, ...]]

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values; ids become strings where they are keys."""
        return {
            "source_tokens": self.source_tokens,
            "target_tokens": self.target_tokens,
            "source_words": [word.text for word in self.source_words],
            "target_words": [word.text for word in self.target_words],
            "attention": _rounded(self.attention),
            "word_attention": _rounded(self.word_attention),
            "confidences": [round(value, DIGITS) for value in self.confidences],
            "word_confidences": [round(value, DIGITS) for value in self.word_confidences],
            "trace": self.trace.as_json(),
            "tokens": {str(token): shown for token, shown in self.tokens.items()},
            "texts": {str(node): text for node, text in self.texts.items()},
            "choices": {str(node): texts for node, texts in self.choices.items()},
        }


@dataclass(frozen=True)
class Inspection:
    """An answer with a record of how the model found it.

    Attributes:
        source: The source, without the previous reply.
        result: The answer, as returned by `Runner.run`.
        model_text: Text written by the model, even if a fallback or a follow-up was returned instead; None if the guard
            answered, in which case the model did not run.
        parts: Segments of the source with their targets; empty if the guard answered.
    """

    source: str
    result: Result
    model_text: str | None
    parts: tuple[InspectedPart, ...]

    @property
    def decided_by(self) -> Decider:
        """What produced the answer."""
        return self.result.decided_by

    def as_json(self) -> dict[str, Any]:
        """Convert all fields to JSON values."""
        return {
            "source": self.source,
            "decided_by": self.decided_by,
            "model_text": self.model_text,
            "result": self.result.as_json(),
            "parts": [part.as_json() for part in self.parts],
        }


def inspection_of(source: str, result: Result, tokenizer: TargetTokenizer) -> Inspection:
    """Build the inspection of a result whose parts have traces.

    Args:
        source: The source, without the previous reply.
        result: The result.
        tokenizer: Tokenizer of the targets.
    """
    if result.guard:
        return Inspection(source, result, None, ())
    parts = tuple(_part(part, part.trace, tokenizer) for part in result.parts if part.trace)
    written = " ".join(part.texts[part.trace.best] for part in parts)
    text = written if result.follow_up else result.alternatives[0][0]
    return Inspection(source, result, text, parts)


def _part(part: Part, trace: Trace, tokenizer: TargetTokenizer) -> InspectedPart:
    source, target = words_of(part.source_tokens), words_of(part.target_tokens)
    confidences = tuple(math.exp(value) for value in part.log_probs[: len(part.target_tokens)])
    by_words = part.attention is not None and part.target_tokens
    used = {node.token_id for node in trace.nodes.values()}
    used |= {token for one in trace.next_tokens.values() for token in one.token_ids}
    ids = sorted(used)
    return InspectedPart(
        source_tokens=part.source_tokens,
        target_tokens=part.target_tokens,
        source_words=source,
        target_words=target,
        attention=part.attention,
        word_attention=word_attention(part.attention, target, source) if by_words else None,  # type: ignore[arg-type]
        confidences=confidences,
        word_confidences=tuple(_mean(part.log_probs[word.start : word.stop]) for word in target),
        trace=trace,
        tokens=dict(zip(ids, tokenizer.tokens(ids), strict=True)),
        texts={node: tokenizer.decode_unfinished(trace.ids(node)) for node in trace.nodes},
        choices=dict(_choices(trace, tokenizer)),
    )


def _choices(trace: Trace, tokenizer: TargetTokenizer) -> Iterator[tuple[int, tuple[str, ...]]]:
    for node in (ROOT, *trace.path(trace.best)):
        if following := trace.next_tokens.get(node.id):
            ids = trace.ids(node.id)
            yield node.id, tuple(tokenizer.decode_unfinished((*ids, token)) for token in following.token_ids)


def _mean(log_probs: Sequence[float]) -> float:
    """The geometric mean of probabilities, given their logarithms."""
    return math.exp(sum(log_probs) / len(log_probs))


def _rounded(weights: np.ndarray | None) -> list[list[float]] | None:
    return None if weights is None else weights.round(DIGITS).tolist()
