"""Processor for texts: Unicode normalisation and SentencePiece, in training and on the device."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import sentencepiece

from seq2edge.device.errors import TextError
from seq2edge.device.processors.interface import Features, Segment, SourceProcessor, SourceSpec
from seq2edge.device.processors.segmentation import segments, whole
from seq2edge.device.processors.slots import NO_SLOTS, OPEN, SLOT, Slots
from seq2edge.device.special_ids import EOS
from seq2edge.device.tasks import Task
from seq2edge.device.tokenizer_files import load_tokenizer, tokenizer_paths

MAX_CHARACTERS = 20_000  # of a text
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")  # zero-width characters and the soft hyphen
SURROGATE = re.compile("[\ud800-\udfff]")  # lone surrogates, which UTF-8 cannot encode
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
VISIBLE = re.compile(f"[^\\s{CONTROL.pattern[1:-1]}{INVISIBLE.pattern[1:-1]}]")
ESCAPE = "\x1a"  # tokenizers without normalisation write "▁" as ESCAPE + "A" and ESCAPE as ESCAPE + "B"


def normalise(text: str, form: str) -> str:
    """Normalise a text to a Unicode form.

    Invisible characters are removed; control characters and white space are collapsed to single spaces.

    Args:
        text: The text.
        form: "NFC", "NFKC", or "none" to keep the text unchanged (except for lone surrogates).

    Example:
        >>> normalise("  good\\tmorning\\u200b ", "NFC")
        'good morning'
        >>> normalise("if x:\\n\\treturn", "none")
        'if x:\\n\\treturn'
    """
    text = SURROGATE.sub("\ufffd", text)
    if form == "none":
        return text
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    return " ".join(CONTROL.sub(" ", INVISIBLE.sub("", text)).split())


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return VISIBLE.search(text) is None


def shown_token(token: str) -> str:
    """A token as a string for display: "▁" is a space, control characters are escaped, such as "\\n"."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], token)


class TextProcessor(SourceProcessor):
    """Converts texts to the feature `source_ids`.

    Args:
        tokenizer: SentencePiece model of the source.
        normalisation: "NFC", "NFKC" or "none".
        source_length: Maximum number of tokens, including eos.
        task: Task of the model; it determines how texts are split.
        slots: Slots of the vocabulary.
    """

    def __init__(
        self,
        tokenizer: sentencepiece.SentencePieceProcessor,
        normalisation: str,
        source_length: int,
        task: Task,
        slots: Slots = NO_SLOTS,
    ):
        self.tokenizer, self.normalisation = tokenizer, normalisation
        self.source_length, self.task, self.slots = source_length, task, slots

    @classmethod
    def load(cls, spec: SourceSpec) -> "TextProcessor":
        """Build the processor of a bundle or a dataset.

        Raises:
            UserError: If the tokenizer is not a SentencePiece model, or has another number of tokens.
        """
        tokenizer = load_tokenizer(tokenizer_paths(spec.folder, spec.files)[0], spec.vocabulary)
        slots = Slots(spec.entry.get("slots", 0))
        return cls(tokenizer, spec.entry["normalisation"], spec.source_length, spec.task, slots)

    def __call__(self, source: str, longest: int | None = None) -> Features:
        """Return `source_ids`, int32 `(source_length,)`, ending in eos, cut to at most `longest` ids including eos."""
        ids = self.tokenizer.encode(self.slots.mark(normalise(source, self.normalisation)))
        return {"source_ids": np.array([*(ids if longest is None else ids[: longest - 1]), EOS], np.int32)}

    def split(self, source: str) -> list[Segment]:
        """Split a text at line ends, at sentence ends, and within a sentence only if the sentence is too long.

        Messages of a conversation and texts in which white space carries meaning are truncated instead of split. A
        text without visible characters has no segments.

        Raises:
            TextError: If the text is too long.
        """
        if len(source) > MAX_CHARACTERS:
            raise TextError(
                f"the text must have at most {MAX_CHARACTERS:,} characters, got {len(source):,}; send it in parts"
            )
        if self.task.multiline:
            text = normalise(source, self.normalisation)
            return [] if is_blank(text) else whole(text, self._length, self.source_length)
        lines = [normalise(line, self.normalisation) for line in source.split("\n")]
        if self.task.is_conversation:
            text = " ".join(line for line in lines if line)
            return [] if is_blank(text) else whole(text, self._length, self.source_length)
        return segments("\n".join(lines), self._length, self.source_length)

    def _length(self, text: str) -> int:
        return len(self(text)["source_ids"])

    def labels(self, features: Features) -> list[str]:
        """The tokens, as strings for display."""
        return [shown_token(token) for token in self.tokenizer.id_to_piece(features["source_ids"].tolist())]

    def mask(self, source: str, target: str) -> str:
        """Replace the items of a target that its source has too by their slot tokens."""
        return self.slots.mask(normalise(source, self.normalisation), target) if self.slots.count else target

    def slots_of(self, source: str) -> dict[str, list[str]]:
        """For every slot token, all occurrences of its item in a source."""
        return self.slots.occurrences(normalise(source, self.normalisation)) if self.slots.count else {}

    def fill(self, source: str, target: str) -> str:
        """Replace the slot tokens of a target by the items of its source."""
        return self.slots.fill(normalise(source, self.normalisation), target) if OPEN in target else target

    def describe(self, features: Features) -> str:
        """The normalised text."""
        text = self.tokenizer.decode([int(i) for i in features["source_ids"] if i > EOS])
        return SLOT.sub("", text) if self.slots.count else text

    def to_manifest(self) -> Mapping[str, Any]:
        slots = {"slots": self.slots.count} if self.slots.count else {}
        return {"type": "text", "normalisation": self.normalisation, **slots}
