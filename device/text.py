"""Text to ids and back: Unicode normalisation and SentencePiece, the same in training and on the device."""

import re
import unicodedata
from collections.abc import Container, Iterable
from pathlib import Path

import numpy as np
import sentencepiece

from seq2edge.device.special_ids import EOS

TOKENIZER_FILES = {"joint": "tokenizer.model", "source": "source.model", "target": "target.model"}
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")  # zero-width characters and the soft hyphen
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which UTF-8 cannot encode
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
VISIBLE = re.compile(f"[^\\s{CONTROL.pattern[1:-1]}{INVISIBLE.pattern[1:-1]}]")
SPACE_TOKEN = "\u2581"  # SentencePiece writes a space so, and every one of these as a space
ESCAPE = "\x1a"  # stands before a letter for that sign or for itself in a model for text as it is
UNFINISHED = f"\ufffd{ESCAPE}"  # what the text of tokens ends with as long as bytes of a character are missing


def normalise(text: str, form: str) -> str:
    """Bring a text to the Unicode form "NFC" or "NFKC"; remove invisible characters; collapse control characters and
    white space to single spaces. The form "none" keeps the text as it is."""
    text = SURROGATE.sub("\ufffd", text)
    if form == "none":
        return text
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    return " ".join(CONTROL.sub(" ", INVISIBLE.sub("", text)).split())


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return VISIBLE.search(text) is None


def tokenizer_paths(folder: Path, names: Container[str] | None = None) -> tuple[Path, Path]:
    """SentencePiece models of source and target in a folder; the same file if they share one.

    Args:
        names: Names of the files that exist; None: look into the folder.
    """
    joint = folder / TOKENIZER_FILES["joint"]
    if joint.is_file() if names is None else joint.name in names:
        return joint, joint
    return folder / TOKENIZER_FILES["source"], folder / TOKENIZER_FILES["target"]


class TextCodec:
    """Turns source texts into ids, and target ids into text.

    Args:
        source_model, target_model: SentencePiece models, as paths or bytes; the same one if they share it.
        normalisations: Of source and target: "NFC", "NFKC" or "none".
    """

    def __init__(self, source_model: bytes | Path, target_model: bytes | Path, normalisations: tuple[str, str]):
        self.source = _processor(source_model)
        self.target = self.source if target_model == source_model else _processor(target_model)
        self.normalisations = normalisations

    def encode_source(self, text: str, longest: int | None = None) -> np.ndarray:
        """int32 ids, ending in eos; cut to at most `longest` ids including eos."""
        ids = self.source.encode(normalise(text, self.normalisations[0]))
        return np.array([*(ids if longest is None else ids[: longest - 1]), EOS], np.int32)

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Ids of a target or a part of one, without eos."""
        return tuple(self.target.encode(normalise(text, self.normalisations[1])))

    def decode_target(self, ids: Iterable[int]) -> str:
        """Text of target ids without special ids."""
        return self.target.decode([int(i) for i in ids if i > EOS])

    def source_tokens(self, ids: Iterable[int]) -> list[str]:
        """The source tokens of ids, as strings to show: "▁" is a space, control characters are escaped, as "\\n"."""
        return [_shown(self.source.id_to_piece(int(i))) for i in ids]

    def target_tokens(self, ids: Iterable[int]) -> list[str]:
        """The target tokens of ids, as strings to show."""
        return [_shown(self.target.id_to_piece(int(i))) for i in ids]


def _shown(piece: str) -> str:
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], piece)


def _processor(model: bytes | Path) -> sentencepiece.SentencePieceProcessor:
    proto = model if isinstance(model, bytes) else model.read_bytes()
    return sentencepiece.SentencePieceProcessor(model_proto=proto)
