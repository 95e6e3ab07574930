"""Pairs → ids: read, clean, split, tokenise, and put on disk."""

import hashlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from tqdm import tqdm

from seq2edge.device.batching import batched
from seq2edge.device.errors import UserError
from seq2edge.device.special_ids import EOS
from seq2edge.device.text import TOKENIZER_FILES
from seq2edge.pipeline.data.cleaning import Cleaner, hash64
from seq2edge.pipeline.data.columns import PairIds, PairWriter
from seq2edge.pipeline.data.corpus import corpus_pairs
from seq2edge.pipeline.data.dataset import SPLITS, Prepared
from seq2edge.pipeline.data.download import checksum, locate
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.data.splitting import FEWEST, split_key, split_of
from seq2edge.pipeline.data.subword_sampling import Sampler
from seq2edge.pipeline.data.tokenizer import KEYS, VocabularyError, fitting_vocabulary, sentences, train_tokenizer
from seq2edge.pipeline.files import whole_folder, write_text
from seq2edge.pipeline.recipe_schema.recipe import Data, File, Recipe

FORMAT = 1  # of the folder; another one is prepared anew
BUNDLED = "bundled:smalltalk"
ENCODED_TOGETHER = 1000  # pairs
TRAINED = ("model.keras", "checkpoint.npz")  # what in OUTPUT depends on its data


def prepare(
    recipe: Recipe,
    output: Path,
    recipe_folder: Path | None = None,
    quiet: bool = False,
    overwrite: bool = True,
    tokenizers: tuple[Path, Path] | None = None,
) -> Prepared:
    """Prepare a recipe's data in OUTPUT/data, or use what was prepared there from the same recipe and files.

    Args:
        overwrite: Whether other data may be replaced although a training in OUTPUT was made from it.
        tokenizers: SentencePiece models of source and target to use, in place of new ones.

    Raises:
        UserError: If a file cannot be read, there are fewer pairs than can be split, or OUTPUT holds a training whose
            data would be replaced.
    """
    files = [_locate(file, recipe_folder) for file in recipe.data.files]
    folder = output / "data"
    before = Prepared.open(folder) if (folder / "summary.json").is_file() else None
    if tokenizers is None and before and before.summary.get("tokenizers_given") and not overwrite:
        tokenizers = before.tokenizers
    fingerprint = _fingerprint(recipe, files, tokenizers)
    if before:
        if before.summary.get("fingerprint") == fingerprint:
            return before
        if not overwrite and any((output / made).exists() for made in TRAINED):
            raise UserError(
                f"{output}: holds a training of other data (its recipe or files have changed); "
                "name another --output, or replace the data with --overwrite"
            )
    output.mkdir(parents=True, exist_ok=True)
    with whole_folder(folder) as new:
        cleaner = Cleaner(recipe.data)
        _write_splits(recipe, files, cleaner, new, quiet)
        counts = _drop_leaks(new)
        _refuse_too_few(counts, cleaner)
        vocabulary = _write_tokenizers(recipe, new, tokenizers)
        ids = _write_ids(recipe, new, quiet)
        summary = {
            "format": FORMAT,
            "name": recipe.name,
            "fingerprint": fingerprint,
            "normalisation": recipe.data.normalisation,
            "pairs": counts,
            "dropped": dict(cleaner.dropped),
            "dropped_examples": cleaner.examples,
            "vocabulary": vocabulary,
            "tokenizers_given": tokenizers is not None,
            **ids,
        }
        write_text(new / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    if not quiet:
        print(describe(summary), file=sys.stderr)
    return Prepared.open(folder)


def describe(summary: dict[str, Any]) -> str:
    """A summary in a few lines, for a person."""
    pairs = ", ".join(f"{count:,} {split}" for split, count in summary["pairs"].items() if split in SPLITS)
    lines = [f"pairs: {pairs}"]
    dropped = summary["dropped"] | {k: v for k, v in summary["pairs"].items() if k not in SPLITS and v}
    dropped |= {"more tokens than the model reads": summary["too_many_tokens"]} if summary["too_many_tokens"] else {}
    for reason, count in dropped.items():
        example = summary["dropped_examples"].get(reason)
        lines.append(f"dropped: {count:,} {reason}" + (f", e.g. {example}" if example else ""))
    for side, lengths in summary["lengths"].items():
        lines.append(f"{side} tokens: median {lengths['50']}, 99 % up to {lengths['99']}, longest {lengths['100']}")
    return "\n".join(lines)


def _locate(file: File, recipe_folder: Path | None) -> tuple[Path, Path | None] | None:
    if file.path == BUNDLED:
        return None
    if file.path.startswith("bundled:"):
        raise UserError(f"data.files: no bundled corpus {file.path!r}; there is {BUNDLED!r}")
    target = file.target_path
    return (
        locate(file.path, file.url, file.sha256, recipe_folder),
        locate(target, file.target_url, file.target_sha256, recipe_folder) if target else None,
    )


def _fingerprint(
    recipe: Recipe, files: list[tuple[Path, Path | None] | None], tokenizers: tuple[Path, Path] | None
) -> str:
    """What the prepared data depends on."""
    contents = [[checksum(path) if path else None for path in found] if found else _corpus_hash() for found in files]
    settings = [recipe.data.model_dump(), recipe.tokenizer.model_dump(), recipe.model.source_length]
    seed = recipe.training.seed if recipe.tokenizer.samples > 1 else None
    parts = [FORMAT, settings, recipe.model.target_length, contents, seed]
    parts += [checksum(path) for path in tokenizers or ()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _corpus_hash() -> str:
    return hashlib.sha256("\n".join(f"{pair.source}\t{pair.target}" for pair in corpus_pairs()).encode()).hexdigest()


def _write_splits(recipe: Recipe, files: list, cleaner: Cleaner, folder: Path, quiet: bool) -> None:
    """Clean every file into train.tsv, valid.tsv and test.tsv."""
    data = recipe.data
    with ExitStack() as stack:
        outputs = {
            split: stack.enter_context((folder / f"{split}.tsv").open("w", encoding="utf-8", newline="\n"))
            for split in SPLITS
        }
        for file, found in zip(data.files, files, strict=True):
            rows = corpus_pairs() if found is None else read_pairs(file, *found)
            progress = tqdm(rows, desc=file.path, unit="pair", disable=quiet, file=sys.stderr)
            split_for = partial(_split_for, data, file)
            for pair in cleaner.clean(progress, split_for):
                outputs[split_for(pair)].write(f"{pair.source}\t{pair.target}\n")
    cleaner.forget()


def _split_for(data: Data, file: File, pair: Pair) -> str:
    return split_of(pair.source, data.valid, data.test) if file.split == "all" else file.split


def _drop_leaks(folder: Path) -> dict[str, int]:
    """Drop from train.tsv every pair that valid or test has too; count what is left."""
    held_out: set[int] = set()
    counts: Counter[str] = Counter()
    for split in ("valid", "test"):
        for pair in Prepared(folder, {}).texts(split):
            held_out.add(_pair_key(pair))
            counts[split] += 1
    kept = folder / "train.kept.tsv"
    with kept.open("w", encoding="utf-8", newline="\n") as file:
        for pair in Prepared(folder, {}).texts("train"):
            if _pair_key(pair) in held_out:
                counts["also in valid or test"] += 1
            else:
                counts["train"] += 1
                file.write(f"{pair.source}\t{pair.target}\n")
    kept.replace(folder / "train.tsv")
    return {split: counts[split] for split in (*SPLITS, "also in valid or test")}


def _pair_key(pair: Pair) -> int:
    return hash64(f"{split_key(pair.source)}\t{split_key(pair.target)}")


def _refuse_too_few(counts: dict[str, int], cleaner: Cleaner) -> None:
    for split, fewest in FEWEST.items():
        if counts[split] < fewest:
            dropped = f" ({sum(cleaner.dropped.values())} were dropped)" if cleaner.dropped else ""
            raise UserError(
                f"data: {cleaner.kept} pairs{dropped} leave {counts[split]} for {split}, "
                f"which needs at least {fewest}; give more pairs, or a {split} file of its own"
            )


def _write_tokenizers(recipe: Recipe, folder: Path, given: tuple[Path, Path] | None) -> dict[str, int]:
    def texts(side: str) -> Iterable[str]:
        return sentences(Prepared(folder, {}).texts("train"), side)

    settings = recipe.tokenizer
    if given:
        for path in set(given):
            shutil.copyfile(path, folder / path.name)
    else:
        try:
            models = {side: train_tokenizer(texts(side), settings, side) for side in settings.sides}
        except VocabularyError as error:
            if error.possible is None:
                raise
            sizes = {side: fitting_vocabulary(partial(texts, side), settings, side)[0] for side in settings.sides}
            working = ", ".join(f"tokenizer.{KEYS[side]} = {size}" for side, size in sizes.items())
            raise UserError(f"{error}; this works: {working}") from error
        for side, model in models.items():
            (folder / TOKENIZER_FILES[side]).write_bytes(model)
    source, target = (_processor(path).get_piece_size() for path in Prepared(folder, {}).tokenizers)
    return {"source": source, "target": target}


def _processor(path: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def _write_ids(recipe: Recipe, folder: Path, quiet: bool) -> dict[str, Any]:
    """Ids of train and valid; pairs with more tokens than the model reads are left out."""
    source, target = (_processor(path) for path in Prepared(folder, {}).tokenizers)
    sampler = Sampler(source, recipe.tokenizer.model_type == "unigram", recipe.training.seed)
    largest = max(source.get_piece_size(), target.get_piece_size()) - 1
    lengths: dict[str, np.ndarray] = {}
    too_many = 0
    for split in ("train", "valid"):
        samples = recipe.tokenizer.samples if split == "train" else 1
        with PairWriter(folder / split, largest) as writer:
            pairs = tqdm(Prepared(folder, {}).texts(split), f"{split} ids", unit="pair", disable=quiet, file=sys.stderr)
            for together in batched(pairs, ENCODED_TOGETHER):
                plains = source.encode([pair.source for pair in together])
                targets = target.encode([pair.target for pair in together])
                for pair, plain, wanted in zip(together, plains, targets, strict=True):
                    if len(plain) >= recipe.model.source_length or len(wanted) >= recipe.model.target_length:
                        too_many += 1
                        continue
                    # A drawn encoding has more tokens than the plain one; where that is too many, the plain one
                    # stands in.
                    drawn = sampler.draw(pair.source, samples - 1)
                    drawn = (ids if len(ids) < recipe.model.source_length else plain for ids in drawn)
                    writer.write([[*ids, EOS] for ids in (plain, *drawn)], [*wanted, EOS])
        ids = PairIds.open(folder / split)
        if len(ids) < FEWEST[split]:
            raise UserError(
                f"model.source_length {recipe.model.source_length} and target_length {recipe.model.target_length}: "
                f"only {len(ids)} pairs of {split} are that short; raise them"
            )
        if split == "train":
            lengths = {"source": ids.source_lengths, "target": ids.target_lengths}
    percentiles = {
        side: {str(p): int(np.percentile(values, p)) for p in (50, 90, 99, 100)} for side, values in lengths.items()
    }
    return {"too_many_tokens": too_many, "lengths": percentiles}
