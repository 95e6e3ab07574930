"""A dataset: the folder of a recipe's prepared data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.processors.interface import SourceProcessor, SourceSpec
from seq2edge.device.processors.registry import source_processor
from seq2edge.device.special_ids import EOS, PAD
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tasks import TASKS
from seq2edge.device.tokenizer_files import load_tokenizer, tokenizer_paths
from seq2edge.device.turn_taking import FILE as TURNS
from seq2edge.pipeline.data.columns import Table
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.files import checksum
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.recipe import Recipe

SPLITS = ("train", "valid", "test")
SUMMARY_FILE = "summary.json"
FORMAT = 3  # version of this folder's layout and of runs; `prepare` replaces a folder of another format


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk: the splits as text, train and valid also as columns, the tokenizers, and a summary.

    The columns are "source_ids" and "target_ids", token ids that end in eos. If targets are labels, there is a column
    "label", an index into `labels`, instead of "target_ids".

    Attributes:
        summary: Counts made by `prepare`: pairs by split, dropped pairs by reason, percentiles of lengths.
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
    def tokenizers(self) -> tuple[Path, ...]:
        """SentencePiece models of the tokenized sides; the same file twice if the tokenizer is joint."""
        return tokenizer_paths(self.path)[: len(self.vocabulary)]

    @property
    def vocabulary(self) -> dict[str, int]:
        """Vocabulary size of each tokenized side: "source", and "target" unless targets are labels."""
        return self.summary["vocabulary"]

    @property
    def turns(self) -> Path:
        """The file with a chat's replies to messages that refer to its previous reply; absent without such messages."""
        return self.path / TURNS

    @property
    def has_unknown(self) -> bool:
        """Whether the dataset has sources without an answer."""
        return self.summary.get("unknown", 0) > 0

    @property
    def labels(self) -> list[str]:
        """Names of the labels, in the order of their indices."""
        return self.summary["labels"]

    @property
    def content(self) -> dict[str, str]:
        """SHA-256 of the files and corpora the dataset was prepared from, as "data"; empty if it is not recorded."""
        return {"data": self.summary["content"]} if "content" in self.summary else {}

    def checksums(self) -> dict[str, str]:
        """Return the SHA-256 of each file that a model is trained on, tokenizers and columns, by file name."""
        folders = (self.path / "train", self.path / "valid")
        files = [*set(self.tokenizers), *(path for folder in folders for path in folder.iterdir())]
        return {str(path.relative_to(self.path)): checksum(path) for path in sorted(files)}

    def processor(self, recipe: Recipe) -> SourceProcessor:
        """Return the processor that turns sources into features, as on the device."""
        entry = {
            "type": TASKS[recipe.task].source,
            "normalisation": self.summary["normalisation"],
            "slots": recipe.tokenizer.slots,
        }
        return source_processor(SourceSpec(entry, self.path, recipe.model.source_length, TASKS[recipe.task]))

    def target_tokenizer(self) -> TargetTokenizer:
        """Return the tokenizer of target texts, as on the device."""
        return TargetTokenizer(self.tokenizers[1], self.summary["target_normalisation"])

    def copy_table(self) -> tuple[int, ...]:
        """Return, for each source id, the target id of the same text, or pad if no target token has this text."""
        source, target = (load_tokenizer(path) for path in self.tokenizers)
        ids = {target.id_to_piece(token): token for token in range(EOS + 1, target.vocab_size())}
        return tuple(
            ids.get(source.id_to_piece(token), PAD) if token > EOS else PAD for token in range(source.vocab_size())
        )

    def texts(self, split: str) -> Iterator[Pair]:
        """Yield the cleaned pairs of "train", "valid" or "test"."""
        return read_split(self.path, split)

    def training_texts(self, most: int) -> list[Pair]:
        """Return the cleaned training pairs, or at most so many that are evenly spaced."""
        step = max(1, -(-len(self.train) // most))
        return list(islice(self.texts("train"), 0, None, step))


def read_split(folder: Path, split: str) -> Iterator[Pair]:
    """Yield the pairs of a split from its file in a dataset's folder."""
    with split_path(folder, split).open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield Pair(**json.loads(line))


def split_path(folder: Path, split: str) -> Path:
    return folder / f"{split}.jsonl"


def split_line(pair: Pair) -> str:
    """Format a pair as a line of a split's file. It is JSON, because texts may contain line feeds and tabs."""
    origin = {"origin": pair.origin} if pair.origin else {}
    return json.dumps({"source": pair.source, "target": pair.target, **origin}, ensure_ascii=False) + "\n"


def split_file(path: Path, split: str, origin: File) -> File:
    """Return a recipe's entry for a split's file, with the domain and weight of the file that its pairs come from."""
    keys = {"source": "source", "target": "target", "domain": origin.domain}
    weight = origin.weight if split == "train" else 1.0
    return File.model_validate(
        {"path": str(path.resolve()), "format": "jsonl", "split": split, "weight": weight, **keys}
    )
