"""The SentencePiece models in a bundle or a dataset."""

from collections.abc import Container
from functools import lru_cache
from pathlib import Path

import sentencepiece

from seq2edge.device.errors import UserError, first_line

TOKENIZER_FILES = {"joint": "tokenizer.model", "source": "source.model", "target": "target.model"}


def tokenizer_paths(folder: Path, names: Container[str] | None = None) -> tuple[Path, Path]:
    """Paths of the SentencePiece models of source and target; the same path twice if they share a model.

    Args:
        folder: Folder of a bundle or a dataset.
        names: Names of the files in the folder; None: read the folder.
    """
    joint = folder / TOKENIZER_FILES["joint"]
    if joint.is_file() if names is None else joint.name in names:
        return joint, joint
    return folder / TOKENIZER_FILES["source"], folder / TOKENIZER_FILES["target"]


def load_tokenizer(path: Path, vocabulary: int | None = None) -> sentencepiece.SentencePieceProcessor:
    """Load a SentencePiece model.

    Args:
        path: Path of the SentencePiece model.
        vocabulary: Expected number of tokens, which is the number of rows in the embedding table; None: any.

    Raises:
        UserError: If the file is not a SentencePiece model, or has another number of tokens.
    """
    try:
        tokenizer = _tokenizer(path.read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: not a SentencePiece model: {first_line(error)}") from None
    if vocabulary is not None and tokenizer.vocab_size() != vocabulary:
        raise UserError(f"{path}: {tokenizer.vocab_size():,} tokens, the model needs {vocabulary:,}")
    return tokenizer


@lru_cache(maxsize=1)  # source and target often share a model; it is loaded only once
def _tokenizer(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)
