"""The SentencePiece models in a bundle or a dataset."""

from collections.abc import Container
from functools import lru_cache
from pathlib import Path

import sentencepiece

from seq2edge.device.errors import UserError, first_line

TOKENIZER_FILES = {"joint": "tokenizer.model", "source": "source.model", "target": "target.model"}


def tokenizer_paths(folder: Path, names: Container[str] | None = None) -> tuple[Path, Path]:
    """SentencePiece models of source and target in a folder; the same file if they share one.

    Args:
        names: Names of the files that exist; None: look into the folder.
    """
    joint = folder / TOKENIZER_FILES["joint"]
    if joint.is_file() if names is None else joint.name in names:
        return joint, joint
    return folder / TOKENIZER_FILES["source"], folder / TOKENIZER_FILES["target"]


def load_tokenizer(path: Path, vocabulary: int | None = None) -> sentencepiece.SentencePieceProcessor:
    """Load a SentencePiece model.

    Args:
        vocabulary: Number of tokens that it must have, as the model's table of embeddings has no row for others; None:
            any.

    Raises:
        UserError: If the file is not one, or has another number of tokens.
    """
    try:
        tokenizer = _tokenizer(path.read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: not a SentencePiece model: {first_line(error)}") from None
    if vocabulary is not None and tokenizer.vocab_size() != vocabulary:
        raise UserError(f"{path}: {tokenizer.vocab_size():,} tokens, the model needs {vocabulary:,}")
    return tokenizer


@lru_cache(maxsize=1)  # source and target often share a model, which is then in memory once
def _tokenizer(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)
