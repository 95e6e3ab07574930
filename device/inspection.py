"""How the model found an answer: tokens and words, where the model looked, how sure it was, what the search did."""

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
        source_tokens, target_tokens: As strings to show; "▁" is a space. The source ends in eos, the target does not.
        source_words, target_words: The same joined into words.
        attention: `(target tokens, source tokens)`, or None if the model has none.
        word_attention: `(target words, source words)`, or None.
        confidences: The probability of each target token, 0 to 1.
        word_confidences: Of each target word, the geometric mean of its tokens'.
        trace: What the search did.
        tokens: All token ids of the trace, as strings to show.
        texts: What each hypothesis of the trace says, by its id; as a `prefix` it forces that beginning.
        choices: For each hypothesis on the way to the answer what it would say after each of its next tokens, by its
            id and in their order.
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
        """JSON values of all fields; keys that are ids are strings."""
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
    """An answer, and how the model found it.

    Attributes:
        source: What was answered, without the reply before.
        result: As `Runner.run` returns it.
        model_text: What the model wrote, also if a fallback or a follow-up was said instead; None: the guard answered,
            and the model was not asked.
        parts: Those of the model's text; of the guard's answer none.
    """

    source: str
    result: Result
    model_text: str | None
    parts: tuple[InspectedPart, ...]

    @property
    def decided_by(self) -> Decider:
        """What the answer comes from."""
        return self.result.decided_by

    def as_json(self) -> dict[str, Any]:
        """JSON values of all fields."""
        return {
            "source": self.source,
            "decided_by": self.decided_by,
            "model_text": self.model_text,
            "result": self.result.as_json(),
            "parts": [part.as_json() for part in self.parts],
        }


def inspection_of(source: str, result: Result, tokenizer: TargetTokenizer) -> Inspection:
    """The inspection of a result whose parts have traces.

    Args:
        tokenizer: That of the targets.
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
    """The geometric mean of probabilities."""
    return math.exp(sum(log_probs) / len(log_probs))


def _rounded(weights: np.ndarray | None) -> list[list[float]] | None:
    return None if weights is None else weights.round(DIGITS).tolist()
