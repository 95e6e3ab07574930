"""The SentencePiece models in a bundle or a dataset."""

from collections.abc import Container
from functools import lru_cache
from pathlib import Path

import sentencepiece

from seq2edge.device.errors import UserError

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


def load_tokenizer(path: Path) -> sentencepiece.SentencePieceProcessor:
    """Load a SentencePiece model.

    Raises:
        UserError: If the file is not one.
    """
    try:
        return _tokenizer(path.read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: not a SentencePiece model: {error}") from None


@lru_cache(maxsize=1)  # source and target often share a model, which is then in memory once
def _tokenizer(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)
