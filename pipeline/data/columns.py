"""Token ids on disk: flat arrays with offsets, memory-mapped by numpy."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np


@dataclass(frozen=True)
class PairIds:
    """Token ids of pairs, of any length.

    Attributes:
        source_ids, target_ids: The ids of all texts, one after the other.
        source_offsets, target_offsets: Where each text starts in them, and the end of the last one. A source has
            `samples` encodings; those of pair i are the texts i·samples to (i + 1)·samples - 1.
    """

    source_ids: np.ndarray
    source_offsets: np.ndarray
    target_ids: np.ndarray
    target_offsets: np.ndarray

    @classmethod
    def open(cls, folder: Path) -> "PairIds":
        """Map the files in a folder that `PairWriter` wrote."""
        return cls(
            *(
                np.load(folder / f"{side}.{kind}.npy", mmap_mode="r", allow_pickle=False)
                for side in ("source", "target")
                for kind in ("ids", "offsets")
            )
        )

    def __len__(self) -> int:
        return len(self.target_offsets) - 1

    @property
    def samples(self) -> int:
        """Encodings of each source."""
        return (len(self.source_offsets) - 1) // max(len(self), 1)

    def source(self, index: int, sample: int = 0) -> np.ndarray:
        """Ids of one encoding of a source, ending in eos."""
        position = index * self.samples + sample
        return self.source_ids[self.source_offsets[position] : self.source_offsets[position + 1]]

    def target(self, index: int) -> np.ndarray:
        """Ids of a target, ending in eos, without bos."""
        return self.target_ids[self.target_offsets[index] : self.target_offsets[index + 1]]

    @cached_property
    def source_lengths(self) -> np.ndarray:
        """Tokens of the longest encoding of each source, eos included."""
        return np.diff(self.source_offsets).reshape(len(self), self.samples).max(axis=1)

    @cached_property
    def target_lengths(self) -> np.ndarray:
        """Tokens of each target, eos included."""
        return np.diff(self.target_offsets)


class PairWriter:
    """Writes token ids one pair at a time. Only the offsets are kept in memory.

    Args:
        folder: A new folder.
        largest_id: Decides whether ids are stored as uint16 or uint32.
    """

    def __init__(self, folder: Path, largest_id: int):
        folder.mkdir(parents=True)
        self.folder = folder
        self.dtype = np.dtype(np.uint16 if largest_id < 2**16 else np.uint32)
        self.offsets = {"source": array("q", [0]), "target": array("q", [0])}

    def __enter__(self) -> "PairWriter":
        self.files = {side: (self.folder / f"{side}.ids.raw").open("wb") for side in self.offsets}
        return self

    def write(self, sources: Iterable[Sequence[int]], target: Sequence[int]) -> None:
        """Write one pair: the encodings of its source, and its target."""
        for ids in sources:
            self._append("source", ids)
        self._append("target", target)

    def _append(self, side: str, ids: Sequence[int]) -> None:
        self.files[side].write(np.asarray(ids, self.dtype).tobytes())
        self.offsets[side].append(self.offsets[side][-1] + len(ids))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for side, file in self.files.items():
            file.close()
            raw = self.folder / f"{side}.ids.raw"
            if kind is None:
                count = self.offsets[side][-1]
                ids = np.memmap(raw, self.dtype, "r", shape=(count,)) if count else np.zeros(0, self.dtype)
                np.save(self.folder / f"{side}.ids.npy", ids)
                np.save(self.folder / f"{side}.offsets.npy", np.asarray(self.offsets[side], np.int64))
            raw.unlink()
