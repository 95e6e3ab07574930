"""SentencePiece models for text that is kept as it is, such as code: each character comes back from the ids."""

from typing import Any

import sentencepiece

from seq2edge.device.processors.text import ESCAPE, SPACE_TOKEN

# SentencePiece decodes a space's sign as a space. So the model file replaces that sign when it encodes, and puts it
# back when it decodes; the escape itself is doubled in the same way, so that no text is ambiguous.
ESCAPED = {SPACE_TOKEN: f"{ESCAPE}A", ESCAPE: f"{ESCAPE}B"}
PROBE = f" \t\r\n\n  def e\u0301 {SPACE_TOKEN}{ESCAPE}A \x00 "  # a model that keeps text keeps this one
DENORMALIZER = b"\x2a"  # key of field 5 of the ModelProto, `denormalizer_spec`


def trainer_options() -> dict[str, Any]:
    """Options of the trainer: nothing is normalised or trimmed, and runs of spaces, line feed and tab are tokens."""
    return {
        "normalizer": _normalizer(ESCAPED, escape_whitespaces=True),
        "user_defined_symbols": ["\n", "\t"],
        "allow_whitespace_only_pieces": True,
    }


def with_denormalizer(model: bytes) -> bytes:
    """A model that takes back the replacements when it decodes.

    The trainer reads such rules from a file only, whose path it would store. A field of a protocol buffer can be
    appended.
    """
    unescaped = {replaced: sign for sign, replaced in ESCAPED.items()}
    spec = _normalizer(unescaped, escape_whitespaces=False).serialized_normalizer_spec()
    return model + DENORMALIZER + _varint(len(spec)) + spec


def keeps_text(processor: sentencepiece.SentencePieceProcessor) -> bool:
    """Whether a model gives back any text from its ids."""
    return bool(processor.decode(processor.encode(PROBE)) == PROBE)


def _normalizer(rules: dict[str, str], escape_whitespaces: bool) -> sentencepiece.SentencePieceNormalizer:
    sentencepiece.set_min_log_level(2)  # as the trainer does; else it logs the size of the rules
    return sentencepiece.SentencePieceNormalizer(
        norm_map=list(rules.items()),
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        escape_whitespaces=escape_whitespaces,
    )


def _varint(number: int) -> bytes:
    """A number as a protocol buffer writes it: seven bits a byte, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
