"""Ids of the special tokens, the same in every tokenizer and model."""

from typing import Annotated, Final, Literal, NotRequired, TypedDict

from seq2edge.device.json_types import Between

PAD: Final = 0
UNK: Final = 1
BOS: Final = 2
EOS: Final = 3
UNKNOWN: Final = "⁇"  # text of unk in SentencePiece; as a target it marks a source without an answer
SPACE_TOKEN: Final = "\u2581"  # SentencePiece encodes spaces as this character, and decodes the character to a space
TokenId = Annotated[int, Between(EOS + 1, 1 << 20)]


class SpecialIds(TypedDict):
    """Ids of the special tokens. mask, cls and sep exist only in some tokenizers."""

    pad: Literal[0]
    unk: Literal[1]
    bos: Literal[2]
    eos: Literal[3]
    mask: NotRequired[TokenId]
    cls: NotRequired[TokenId]
    sep: NotRequired[TokenId]


SPECIAL_IDS: SpecialIds = {"pad": PAD, "unk": UNK, "bos": BOS, "eos": EOS}
