"""The results of a run on a GPU: results.json, and weights in files that are small enough to be copied."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FILE = "results.json"
LARGEST_FILE = 15 << 20  # largest size of a file of weights, in bytes
HEADERS = 1 << 16  # bytes reserved for names and headers


class Results:
    """The results.json of a folder, by part. The file is replaced as a whole, so that it can always be read."""

    def __init__(self, folder: Path):
        self.path = folder / FILE

    def read(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else {}

    def note(self, part: str, **values: Any) -> None:
        """Add to the values of a part."""
        results = self.read()
        results.setdefault(part, {}).update(values)
        self._write(results)

    def clear(self, part: str) -> None:
        """Remove the values that an earlier run has left for a part."""
        self._write({name: values for name, values in self.read().items() if name != part})

    def _write(self, results: dict[str, Any]) -> None:
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        temporary.replace(self.path)


def save_weights(folder: Path, name: str, weights: Sequence[Any]) -> None:
    """Write weights to FOLDER/NAME-0.npz and as many more files as needed. They replace previous files."""
    for number, shard in enumerate(_shards([np.asarray(weight, np.float32) for weight in weights])):
        path = folder / f"{name}-{number}.npz"
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, **shard)  # type: ignore[arg-type]
        temporary.replace(path)


def load_weights(folder: Path, name: str) -> list[np.ndarray]:
    """Return the weights that `save_weights` wrote."""
    found: dict[int, np.ndarray] = {}
    for path in folder.glob(f"{name}-*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            found |= {int(key.removeprefix("weight_")): arrays[key] for key in arrays.files}
    return [found[index] for index in range(len(found))]


def _shards(weights: list[np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    room = LARGEST_FILE - HEADERS
    shard: dict[str, np.ndarray] = {}
    size = 0
    for index, weight in enumerate(weights):
        if weight.nbytes > room:
            raise ValueError(f"weight {index} has {weight.nbytes:,} bytes; a file may have {LARGEST_FILE:,}")
        if size + weight.nbytes > room:
            yield shard
            shard, size = {}, 0
        shard[f"weight_{index}"] = weight
        size += weight.nbytes
    yield shard
