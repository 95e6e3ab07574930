"""The last steps of `prepare`: train tokenizers, and write the columns of train and valid."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from tqdm import tqdm

from seq2edge.device.batching import batched
from seq2edge.device.errors import UserError
from seq2edge.device.processors.slots import NO_SLOTS, Slots
from seq2edge.device.special_ids import EOS
from seq2edge.device.tokenizer_files import TOKENIZER_FILES, load_tokenizer, tokenizer_paths
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table
from seq2edge.pipeline.data.dataset import read_split
from seq2edge.pipeline.data.kept_text import keeps_text
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.splitting import FEWEST
from seq2edge.pipeline.data.subword_sampling import Sampler
from seq2edge.pipeline.data.targets import TargetEncoder, target_encoder
from seq2edge.pipeline.data.tokenizer import KEYS, VocabularyError, fitting_vocabulary, sentences, train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Recipe

BATCH = 1000  # pairs encoded in one call of SentencePiece
PERCENTILES = (50, 90, 99, 100)
IDS = "_ids"  # suffix of the names of token columns


def write_tokenizers(recipe: Recipe, folder: Path, given: tuple[Path, ...] | None) -> dict[str, int]:
    """Train the tokenizers on train.jsonl and write them, or copy the given ones.

    Returns:
        Vocabulary sizes of "source", and of "target" unless targets are labels.

    Raises:
        UserError: If the text does not support a vocabulary of this size (the message names sizes that it supports), or
            if a given tokenizer changes texts that the recipe does not normalise.
    """
    sides = recipe.TEXT_SIDES
    if given:
        for path in set(given[: len(sides)]):
            shutil.copyfile(path, folder / path.name)
    else:
        for side, model in _train_tokenizers(recipe, folder).items():
            (folder / TOKENIZER_FILES[side]).write_bytes(model)
    sizes = {}
    for side, path in zip(sides, tokenizer_paths(folder), strict=False):
        tokenizer = load_tokenizer(path)
        if recipe.data.keeps(side) and not keeps_text(tokenizer):
            raise UserError(
                f'{path.name}: with this tokenizer, the normalisation of the {side} must be "NFC" or "NFKC", got '
                '"none"; the tokenizer changes white space, because it was not trained with "none"'
            )
        if tokenizer.unk_id() in (tokenizer.piece_to_id(token) for token in Slots(recipe.tokenizer.slots).tokens):
            raise UserError(
                f"{path.name}: this tokenizer does not have tokenizer.slots = {recipe.tokenizer.slots} slots; it must "
                "have as many, or tokenizer.slots must be 0"
            )
        sizes[side] = tokenizer.get_piece_size()
    return sizes


def _train_tokenizers(recipe: Recipe, folder: Path) -> dict[str, bytes]:
    def texts(side: str) -> Iterable[str]:
        return sentences(read_split(folder, "train"), side)

    settings, kept = recipe.tokenizer, {side: recipe.data.keeps(side) for side in recipe.tokenizer_sides}
    try:
        return {side: train_tokenizer(texts(side), settings, side, kept[side]) for side in kept}
    except VocabularyError as error:
        if error.possible is None:
            raise
        sizes = {side: fitting_vocabulary(partial(texts, side), settings, side, kept[side])[0] for side in kept}
        working = ", ".join(f"tokenizer.{KEYS[side]} = {size}" for side, size in sizes.items())
        raise UserError(f"{error}; this works: {working}") from error


@dataclass(frozen=True)
class PairEncoder:
    """Encodes pairs, and drops those with more tokens than the model allows.

    Attributes:
        source_length: Largest number of source tokens, eos included.
        copied: The texts of the target tokens, if the model copies. A token of a target is kept whole when its source
            is sampled, because the model could not learn to copy a word that is segmented differently there.
        slots: Slots of the vocabulary.
    """

    source: sentencepiece.SentencePieceProcessor
    sampler: Sampler
    source_length: int
    target: TargetEncoder
    copied: Sequence[str] = ()
    slots: Slots = NO_SLOTS

    @classmethod
    def of(cls, recipe: Recipe, folder: Path) -> "PairEncoder":
        """Make the encoder of a recipe, with the tokenizers in a dataset's folder."""
        source = load_tokenizer(tokenizer_paths(folder)[0])
        sampler = Sampler(source, recipe.tokenizer.model_type == "unigram", recipe.training.seed)
        target = target_encoder(recipe, folder)
        copied, slots = _copied(recipe, folder), Slots(recipe.tokenizer.slots)
        return cls(source, sampler, recipe.model.source_length, target, copied, slots)

    def columns(self, samples: int) -> dict[str, ColumnType]:
        """Return the column types of a split with `samples` encodings of each source."""
        source = ColumnType.of_ids(self.source.get_piece_size(), samples)
        return {"source_ids": source, self.target.column: self.target.type}

    def encode(self, pairs: Sequence[Pair], samples: int) -> Iterator[tuple[Pair, list[list[int]], list[int]]]:
        """Yield each pair that fits, with the encodings of its source, which end in eos, and its encoded target.

        Args:
            samples: Number of encodings of each source. The first is the most probable one, the others are sampled.
        """
        always_kept = set(self.slots.tokens)
        marked = [self.slots.mark(pair.source) for pair in pairs]
        sources = self.source.encode(marked)
        targets = self.target.encode([self.slots.mask(pair.source, pair.target) for pair in pairs])
        for pair, text, best, target in zip(pairs, marked, sources, targets, strict=True):
            if len(best) >= self.source_length or target is None:
                continue
            # A sampled encoding can be longer than the best one; if it is too long, the best one replaces it.
            kept = always_kept.union(self.copied[token] for token in target) if self.copied else always_kept
            sampled = self.sampler.draw(text, samples - 1, kept)
            encodings = [best, *(ids if len(ids) < self.source_length else best for ids in sampled)]
            yield pair, [[*ids, EOS] for ids in encodings], target


def _copied(recipe: Recipe, folder: Path) -> list[str]:
    """Return the texts of the target tokens if the model copies, else an empty list."""
    if not recipe.copies:
        return []
    tokenizer = load_tokenizer(tokenizer_paths(folder)[1])
    return tokenizer.id_to_piece(list(range(tokenizer.get_piece_size())))


def write_columns(recipe: Recipe, folder: Path, quiet: bool) -> dict[str, Any]:
    """Write the columns of train and valid.

    Returns:
        Entries of the summary: "too_many_tokens", the number of dropped pairs; "lengths", percentiles of the number of
        tokens in training pairs; "origins", the files of the recipe that the training rows come from, as [file, number
        of rows] for each run of rows; and those of the targets.

    Raises:
        UserError: If too few pairs of a split fit into the model's lengths.
    """
    encoder = PairEncoder.of(recipe, folder)
    samples = {"train": recipe.tokenizer.samples, "valid": 1}
    written = {split: _write_split(encoder, folder, split, samples[split], quiet) for split in samples}
    for split in samples:
        _refuse_too_few(recipe, folder, split)
    columns = Table.open(folder / "train").columns
    lengths = {name.removesuffix(IDS): column.lengths for name, column in columns.items() if name.endswith(IDS)}
    return {
        "too_many_tokens": sum(left_out for left_out, _ in written.values()),
        "origins": written["train"][1],
        "lengths": {
            side: {str(p): int(np.percentile(values, p)) for p in PERCENTILES} for side, values in lengths.items()
        },
        **encoder.target.summary,
    }


def _write_split(
    encoder: PairEncoder, folder: Path, split: str, samples: int, quiet: bool
) -> tuple[int, list[list[int]]]:
    """Write the columns of a split. Returns the number of dropped pairs, and the origins of the others."""
    pairs, origins = 0, list[list[int]]()
    rows = tqdm(read_split(folder, split), f"{split} ids", unit="pair", disable=quiet or None, file=sys.stderr)
    with write_table(folder / split, encoder.columns(samples)) as columns:
        for batch in batched(rows, BATCH):
            pairs += len(batch)
            for pair, sources, target in encoder.encode(batch, samples):
                columns["source_ids"].append(*sources)
                columns[encoder.target.column].append(target)
                if not origins or origins[-1][0] != pair.origin:
                    origins.append([pair.origin, 0])
                origins[-1][1] += 1
    return pairs - sum(rows for _, rows in origins), origins


def _refuse_too_few(recipe: Recipe, folder: Path, split: str) -> None:
    pairs = len(Table.open(folder / split))
    if pairs < FEWEST[split]:
        lengths = ", ".join(f"model.{name} = {length}" for name, length in recipe.model_lengths.items())
        raise UserError(
            f"{lengths}: only {pairs} pairs of {split} are that short, at least {FEWEST[split]} are needed; "
            "increase the lengths"
        )
