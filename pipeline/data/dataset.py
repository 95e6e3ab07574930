"""A folder of prepared data: splits as text, their ids, tokenizers, and what was counted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.text import TextCodec, tokenizer_paths
from seq2edge.pipeline.data.columns import PairIds
from seq2edge.pipeline.data.download import checksum
from seq2edge.pipeline.data.readers import Pair

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Prepared:
    """Prepared data on disk."""

    path: Path
    summary: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Prepared":
        try:
            return cls(path, json.loads((path / "summary.json").read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError) as error:
            raise UserError(f"{path}: not a folder of prepared data: {error}") from None

    @cached_property
    def train(self) -> PairIds:
        return PairIds.open(self.path / "train")

    @cached_property
    def valid(self) -> PairIds:
        return PairIds.open(self.path / "valid")

    @property
    def tokenizers(self) -> tuple[Path, Path]:
        """SentencePiece models of source and target; the same file when joint."""
        return tokenizer_paths(self.path)

    @property
    def source_vocabulary(self) -> int:
        return int(self.summary["vocabulary"]["source"])

    @property
    def target_vocabulary(self) -> int:
        return int(self.summary["vocabulary"]["target"])

    def checksums(self) -> dict[str, str]:
        """SHA-256 of what a model learns from, by file."""
        folders = (self.path / "train", self.path / "valid")
        files = [*set(self.tokenizers), *(path for folder in folders for path in folder.glob("*.npy"))]
        return {str(path.relative_to(self.path)): checksum(path) for path in sorted(files)}

    def codec(self) -> TextCodec:
        """The text ↔ ids object that training and device share."""
        return TextCodec(*self.tokenizers, self.summary["normalisation"])

    def texts(self, split: str) -> Iterator[Pair]:
        """The cleaned pairs of "train", "valid" or "test"."""
        with (self.path / f"{split}.tsv").open(encoding="utf-8", newline="\n") as file:
            for line in file:
                source, target = line.rstrip("\n").split("\t")
                yield Pair(source, target)
