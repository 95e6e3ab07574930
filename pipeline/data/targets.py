"""Targets as columns of a dataset: token ids of texts, or indices of labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sentencepiece

from seq2edge.device.special_ids import EOS, UNK, UNKNOWN
from seq2edge.device.tasks import TASKS, Target
from seq2edge.device.tokenizer_files import load_tokenizer, tokenizer_paths
from seq2edge.pipeline.data.columns import ColumnType
from seq2edge.pipeline.data.labels import training_labels


class TargetEncoder(Protocol):
    """Encodes targets.

    Attributes:
        column: Name of the column.
        type: Type of the column.
        summary: Entries of the dataset's summary about the targets.
    """

    @property
    def column(self) -> str: ...

    @property
    def type(self) -> ColumnType: ...

    @property
    def summary(self) -> dict[str, Any]: ...

    def encode(self, targets: Sequence[str]) -> list[list[int] | None]:
        """Return the values to store for each target; None if it has more tokens than the model allows."""


class TokenEncoder:
    """Encodes texts as token ids that end in eos. `UNKNOWN` becomes unk.

    Args:
        target_length: Largest number of tokens, eos included.
    """

    column = "target_ids"

    def __init__(self, tokenizer: sentencepiece.SentencePieceProcessor, target_length: int):
        self.tokenizer, self.target_length = tokenizer, target_length
        self.type = ColumnType.of_ids(tokenizer.get_piece_size())
        self.summary: dict[str, Any] = {"unknown": 0}

    @classmethod
    def of(cls, recipe: Any, folder: Path) -> "TokenEncoder":
        return cls(load_tokenizer(tokenizer_paths(folder)[1]), recipe.model.target_length)

    def encode(self, targets: Sequence[str]) -> list[list[int] | None]:
        encoded = self.tokenizer.encode(list(targets))
        self.summary["unknown"] += targets.count(UNKNOWN)
        answered = [ids if target != UNKNOWN else [UNK] for ids, target in zip(encoded, targets, strict=True)]
        return [[*ids, EOS] if len(ids) < self.target_length else None for ids in answered]


@dataclass(frozen=True)
class LabelEncoder:
    """Encodes names of labels as their indices.

    Args:
        labels: Names in the order of their indices.
    """

    labels: Sequence[str]
    column: str = "label"

    @classmethod
    def of(cls, recipe: Any, folder: Path) -> "LabelEncoder":
        return cls(training_labels(folder))

    @property
    def type(self) -> ColumnType:
        return ColumnType.of_ids(len(self.labels))

    @property
    def summary(self) -> dict[str, Any]:
        return {"labels": list(self.labels)}

    def encode(self, targets: Sequence[str]) -> list[list[int] | None]:
        index = {label: number for number, label in enumerate(self.labels)}
        return [[index[target]] for target in targets]


ENCODERS: dict[Target, Callable[[Any, Path], TargetEncoder]] = {"text": TokenEncoder.of, "label": LabelEncoder.of}


def target_encoder(recipe: Any, folder: Path) -> TargetEncoder:
    """Return the encoder of a recipe's targets. The folder must already have the splits and tokenizers."""
    return ENCODERS[TASKS[recipe.task].target](recipe, folder)
