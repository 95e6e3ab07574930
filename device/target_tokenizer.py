"""Converts target texts to token ids and back, in training and on the device."""

from collections.abc import Iterable
from pathlib import Path

from seq2edge.device.processors.text import ESCAPE, normalise, shown_token
from seq2edge.device.special_ids import EOS, SPACE_TOKEN
from seq2edge.device.tokenizer_files import load_tokenizer

UNFINISHED = f"\ufffd{ESCAPE}"  # end of a decoded text while bytes of a character are still missing


class TargetTokenizer:
    """Converts texts to target ids, and target ids to text.

    Args:
        model: Path of the SentencePiece model.
        normalisation: "NFC", "NFKC" or "none".
        vocabulary: As for `load_tokenizer`.

    Raises:
        UserError: If the file is not a SentencePiece model of this vocabulary.
    """

    def __init__(self, model: Path, normalisation: str, vocabulary: int | None = None):
        self._model, self.normalisation = load_tokenizer(model, vocabulary), normalisation
        self._starting: dict[str, frozenset[int]] = {}  # results of `starting_with`

    def encode(self, text: str) -> tuple[int, ...]:
        """Convert a target, or a part of one, to ids without eos."""
        return tuple(self._model.encode(self.normalised(text)))

    def normalised(self, text: str) -> str:
        """A text as targets are normalised."""
        return normalise(text, self.normalisation)

    @property
    def vocabulary(self) -> list[str]:
        """All tokens as SentencePiece writes them, in the order of their ids."""
        tokens: list[str] = self._model.id_to_piece(list(range(self._model.get_piece_size())))
        return tokens

    @property
    def space(self) -> int:
        """The id of a single space; that of unk if the vocabulary has none."""
        return self.id_of(SPACE_TOKEN)

    def id_of(self, token: str) -> int:
        """The id of a token of the vocabulary."""
        return self._model.piece_to_id(token)

    def starting_with(self, characters: str) -> frozenset[int]:
        """The ids of the tokens that start with one of some characters; a space counts as a character."""
        if characters not in self._starting:
            tokens, first = enumerate(self.vocabulary), set(characters)
            self._starting[characters] = frozenset(number for number, token in tokens if token[:1] in first)
        return self._starting[characters]

    def decode(self, ids: Iterable[int]) -> str:
        """Convert ids to text; special ids are skipped."""
        return self._model.decode([int(i) for i in ids if i > EOS])

    def decode_unfinished(self, ids: Iterable[int]) -> str:
        """Convert the beginning of a target to text, without a last character that is incomplete."""
        return self.decode(ids).rstrip(UNFINISHED)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """Convert ids to tokens, as strings for display."""
        return [shown_token(token) for token in self._model.id_to_piece([int(i) for i in ids])]
