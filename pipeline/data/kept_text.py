"""SentencePiece models for text that is not normalised, such as code: decoding restores every character."""

from typing import Any

import sentencepiece

from seq2edge.device.processors.text import ESCAPE
from seq2edge.device.special_ids import SPACE_TOKEN

# SentencePiece decodes the symbol that it uses for spaces as a space. So the model file replaces this symbol when it
# encodes, and restores it when it decodes. The escape character is replaced too, so that no text is ambiguous.
ESCAPED = {SPACE_TOKEN: f"{ESCAPE}A", ESCAPE: f"{ESCAPE}B"}
PROBE = f" \t\r\n\n  def e\u0301 {SPACE_TOKEN}{ESCAPE}A \x00 "  # a text that only such models restore
DENORMALIZER = b"\x2a"  # key of field 5 of the ModelProto, `denormalizer_spec`
WHITE_SPACE = ["\n", "\t"]  # tokens of their own


def trainer_options() -> dict[str, Any]:
    """Return options of the trainer: no normalisation or trimming; runs of spaces are tokens."""
    return {
        "normalizer": _normalizer(ESCAPED, escape_whitespaces=True),
        "allow_whitespace_only_pieces": True,
    }


def with_denormalizer(model: bytes) -> bytes:
    """Return the model with rules that undo the replacements in decoding.

    The trainer reads such rules from a file only, and would store its path. So the field is appended to the protocol
    buffer.
    """
    unescaped = {replaced: sign for sign, replaced in ESCAPED.items()}
    spec = _normalizer(unescaped, escape_whitespaces=False).serialized_normalizer_spec()
    return model + DENORMALIZER + _varint(len(spec)) + spec


def keeps_text(processor: sentencepiece.SentencePieceProcessor) -> bool:
    """Return whether a model restores any text from its ids."""
    return bool(processor.decode(processor.encode(PROBE)) == PROBE)


def _normalizer(rules: dict[str, str], escape_whitespaces: bool) -> sentencepiece.SentencePieceNormalizer:
    sentencepiece.set_min_log_level(2)  # as the trainer does; otherwise it logs the size of the rules
    return sentencepiece.SentencePieceNormalizer(
        norm_map=list(rules.items()),
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        escape_whitespaces=escape_whitespaces,
    )


def _varint(number: int) -> bytes:
    """Encode a number as a varint of a protocol buffer: seven bits per byte, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
