"""Text as a source: Unicode normalisation and SentencePiece, the same in training and on the device."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import sentencepiece

from seq2edge.device.errors import TextError
from seq2edge.device.processors.interface import Features, Segment, SourceSpec
from seq2edge.device.processors.segmentation import segments
from seq2edge.device.special_ids import EOS
from seq2edge.device.tokenizer_files import load_tokenizer, tokenizer_paths

MAX_CHARACTERS = 20_000  # of a text; more is a file
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")  # zero-width characters and the soft hyphen
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which UTF-8 cannot encode
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def normalise(text: str, form: str) -> str:
    """Bring a text to the Unicode form "NFC" or "NFKC"; remove invisible characters; collapse control characters and
    white space to single spaces."""
    text = unicodedata.normalize(form, SURROGATE.sub("\ufffd", text))  # type: ignore[arg-type]
    return " ".join(CONTROL.sub(" ", INVISIBLE.sub("", text)).split())


class TextProcessor:
    """Turns texts into the feature `source_ids`.

    Args:
        tokenizer: The SentencePiece model of the source.
        normalisation: "NFC" or "NFKC".
        source_length: Maximum number of tokens, including eos.
        is_conversation: A text is one turn even if it has several lines.
    """

    def __init__(
        self,
        tokenizer: sentencepiece.SentencePieceProcessor,
        normalisation: str,
        source_length: int,
        is_conversation: bool = False,
    ):
        self.tokenizer, self.normalisation = tokenizer, normalisation
        self.source_length, self.is_conversation = source_length, is_conversation

    @classmethod
    def load(cls, spec: SourceSpec) -> "TextProcessor":
        """Build the processor of a bundle or a dataset.

        Raises:
            UserError: If its tokenizer is not a SentencePiece model.
        """
        tokenizer = load_tokenizer(tokenizer_paths(spec.folder, spec.files)[0])
        return cls(tokenizer, spec.entry["normalisation"], spec.source_length, spec.task.is_conversation)

    def __call__(self, source: str, longest: int | None = None) -> Features:
        """`source_ids`, int32 `(source_length,)`, ending in eos; cut to at most `longest` ids including eos."""
        ids = self.tokenizer.encode(normalise(source, self.normalisation))
        return {"source_ids": np.array([*(ids if longest is None else ids[: longest - 1]), EOS], np.int32)}

    def split(self, source: str) -> list[Segment]:
        """Split a text at lines, at sentence ends, and only then within a sentence; a text without visible characters
        has no segments.

        Raises:
            TextError: If the text is too long.
        """
        if len(source) > MAX_CHARACTERS:
            raise TextError(
                f"the text has {len(source):,} characters, allowed are {MAX_CHARACTERS:,}; send it in parts"
            )
        lines = [normalise(line, self.normalisation) for line in source.split("\n")]
        if self.is_conversation:
            lines = [" ".join(line for line in lines if line)]
        return segments("\n".join(lines), lambda part: len(self(part)["source_ids"]), self.source_length)

    def labels(self, features: Features) -> list[str]:
        """The tokens, as strings; "▁" marks the start of a word."""
        return [self.tokenizer.id_to_piece(int(i)) for i in features["source_ids"]]

    def describe(self, features: Features) -> str:
        """The text, normalised."""
        return self.tokenizer.decode([int(i) for i in features["source_ids"] if i > EOS])

    def to_manifest(self) -> Mapping[str, Any]:
        return {"type": "text", "normalisation": self.normalisation}
