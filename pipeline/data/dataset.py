"""A dataset: the folder that a recipe's data is prepared in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.text import TextCodec, tokenizer_paths
from seq2edge.pipeline.data.columns import Table
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.files import checksum
from seq2edge.pipeline.recipe_schema.recipe import File

SPLITS = ("train", "valid", "test")
SUMMARY_FILE = "summary.json"
FORMAT = 3  # of the folder and of the runs made from it; prepare replaces a folder of another format


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk: the splits as text, train and valid also as columns, the tokenizers, and a summary.

    The columns are "source_ids" and "target_ids", token ids that end in eos.

    Attributes:
        summary: What `prepare` counted: pairs by split, dropped pairs by reason, percentiles of lengths.
    """

    path: Path
    summary: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Dataset":
        """Open a folder that `prepare` wrote.

        Raises:
            UserError: If the folder is not a dataset.
        """
        try:
            return cls(path, json.loads((path / SUMMARY_FILE).read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError) as error:
            raise UserError(f"{path}: not a dataset: {error}") from None

    @cached_property
    def train(self) -> Table:
        return Table.open(self.path / "train")

    @cached_property
    def valid(self) -> Table:
        return Table.open(self.path / "valid")

    @property
    def tokenizers(self) -> tuple[Path, Path]:
        """SentencePiece models of source and target; the same file if the tokenizer is joint."""
        return tokenizer_paths(self.path)

    @property
    def source_vocabulary(self) -> int:
        return int(self.summary["vocabulary"]["source"])

    @property
    def target_vocabulary(self) -> int:
        return int(self.summary["vocabulary"]["target"])

    def checksums(self) -> dict[str, str]:
        """SHA-256 of the tokenizers and columns by file name: what a model is trained on."""
        folders = (self.path / "train", self.path / "valid")
        files = [*set(self.tokenizers), *(path for folder in folders for path in folder.iterdir())]
        return {str(path.relative_to(self.path)): checksum(path) for path in sorted(files)}

    def codec(self) -> TextCodec:
        """Text to token ids and back, the same as on the device."""
        source = self.summary["normalisation"]
        return TextCodec(*self.tokenizers, (source, self.summary.get("target_normalisation", source)))

    def texts(self, split: str) -> Iterator[Pair]:
        """The cleaned pairs of "train", "valid" or "test"."""
        return read_split(self.path, split)


def read_split(folder: Path, split: str) -> Iterator[Pair]:
    """The pairs of a split from its file in a dataset's folder, one at a time."""
    with split_path(folder, split).open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield Pair(**json.loads(line))


def split_path(folder: Path, split: str) -> Path:
    return folder / f"{split}.jsonl"


def split_line(pair: Pair) -> str:
    """A pair as a line of a split's file, in JSON Lines: texts may contain line feeds and tabs."""
    return json.dumps({"source": pair.source, "target": pair.target}, ensure_ascii=False) + "\n"


def split_file(path: Path, split: str) -> File:
    """A split's file as an entry of a recipe."""
    keys = {"source": "source", "target": "target"}
    return File.model_validate({"path": str(path.resolve()), "format": "jsonl", "split": split, **keys})
