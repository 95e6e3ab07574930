"""Target texts to token ids and back, the same in training and on the device."""

from collections.abc import Iterable
from pathlib import Path

from seq2edge.device.processors.text import ESCAPE, normalise, shown_token
from seq2edge.device.special_ids import EOS
from seq2edge.device.tokenizer_files import load_tokenizer

UNFINISHED = f"\ufffd{ESCAPE}"  # what the text of tokens ends with as long as bytes of a character are missing


class TargetTokenizer:
    """Turns texts into target ids, and target ids into text.

    Args:
        model: A SentencePiece model.
        normalisation: "NFC", "NFKC" or "none".
        vocabulary: As for `load_tokenizer`.

    Raises:
        UserError: If the file is not a SentencePiece model of this vocabulary.
    """

    def __init__(self, model: Path, normalisation: str, vocabulary: int | None = None):
        self._model, self.normalisation = load_tokenizer(model, vocabulary), normalisation

    def encode(self, text: str) -> tuple[int, ...]:
        """Ids of a target or a part of one, without eos."""
        return tuple(self._model.encode(normalise(text, self.normalisation)))

    def decode(self, ids: Iterable[int]) -> str:
        """Text of ids without special ids."""
        return self._model.decode([int(i) for i in ids if i > EOS])

    def decode_unfinished(self, ids: Iterable[int]) -> str:
        """Text of the beginning of a target, without a character whose last bytes are missing."""
        return self.decode(ids).rstrip(UNFINISHED)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids, as strings to show."""
        return [shown_token(self._model.id_to_piece(int(i))) for i in ids]
