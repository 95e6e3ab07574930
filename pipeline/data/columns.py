"""Columns on disk: ragged, memory-mapped arrays with a dtype and an item shape. A table is a set of columns."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike

from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import whole_folder, write_text

COLUMNS_FILE = "columns.json"
DTYPES = ("uint8", "uint16", "uint32", "int32", "float16", "float32")
FILLER = -1  # index of a row that consists of padding only


@dataclass(frozen=True)
class ColumnType:
    """The type of a column.

    Attributes:
        dtype: One of `DTYPES`.
        item_shape: Shape of one item: `()` for an id, `(mels,)` for a frame of sound, `(width, channels)` for a row of
            pixels.
        samples: Number of encodings in each row, such as sampled segmentations of a text or augmented versions of a
            recording.
    """

    dtype: str
    item_shape: tuple[int, ...] = ()
    samples: int = 1

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}. Received: dtype={self.dtype!r}")
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1. Received: samples={self.samples}")

    @classmethod
    def of_ids(cls, vocabulary: int, samples: int = 1) -> "ColumnType":
        """Return the type for ids from 0 to vocabulary - 1, with the smallest dtype."""
        return cls(np.min_scalar_type(max(vocabulary - 1, 0)).name, (), samples)


@dataclass(frozen=True)
class Column:
    """A ragged array. Each row holds one or several encodings, arrays `(length, *item_shape)` of any length.

    Attributes:
        values: All encodings, concatenated, `(total_length, *item_shape)`.
        offsets: The start of each encoding in `values`, and the end of the last one. Row i has the encodings
            i·samples to (i + 1)·samples - 1.
        samples: Number of encodings in each row.
    """

    values: np.ndarray
    offsets: np.ndarray
    samples: int = 1

    @classmethod
    def open(cls, folder: Path, name: str, column_type: ColumnType) -> "Column":
        """Map the files of a column.

        Raises:
            UserError: If they are missing, damaged, or of another type.
        """
        try:
            # Slicing a plain array is several times as fast as slicing np.memmap. Both read from the file.
            values, offsets = (
                np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray) for path in _paths(folder, name)
            )
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{folder}: column {name!r} cannot be read: {error}") from None
        column = cls(values, offsets, column_type.samples)
        same_type = (values.dtype.name, values.shape[1:]) == (column_type.dtype, column_type.item_shape)
        if not same_type or len(offsets) != len(column) * column.samples + 1 or offsets[-1] != len(values):
            raise UserError(f"{folder}: column {name!r} does not match {COLUMNS_FILE}; prepare the data again")
        return column

    def __len__(self) -> int:
        return (len(self.offsets) - 1) // self.samples

    def row(self, index: int, sample: int = 0) -> np.ndarray:
        """Return one encoding of a row, `(length, *item_shape)`."""
        position = index * self.samples + sample
        return self.values[self.offsets[position] : self.offsets[position + 1]]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Return the length of the longest encoding of each row, `(rows,)`."""
        return np.diff(self.offsets).reshape(len(self), self.samples).max(axis=1)

    def padded(self, rows: np.ndarray, length: int, sample: np.ndarray | int = 0) -> np.ndarray:
        """Return one encoding of each given row, padded with 0, `(len(rows), length, *item_shape)`.

        Args:
            rows: Indices of rows, or `FILLER` for a row of padding.
            length: Length to pad to. It must be at least that of the longest encoding.
            sample: Number of the encoding to return, one for all rows or one per row.
        """
        positions = rows * self.samples + sample
        starts, ends = self.offsets[positions], self.offsets[positions + 1]
        array = np.zeros((len(rows), length, *self.values.shape[1:]), self.values.dtype)
        for place, (row, start, end) in enumerate(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)):
            if row != FILLER:
                array[place, : end - start] = self.values[start:end]
        return array


@dataclass(frozen=True)
class Table:
    """Named columns with the same number of rows."""

    columns: dict[str, Column]

    @classmethod
    def open(cls, folder: Path) -> "Table":
        """Map the files of a folder that `write_table` wrote.

        Raises:
            UserError: If the folder has no table, or the table is damaged.
        """
        try:
            described = json.loads((folder / COLUMNS_FILE).read_text(encoding="utf-8"))
            types = {
                name: ColumnType(fields["dtype"], tuple(fields["item_shape"]), fields["samples"])
                for name, fields in described.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{folder}: not a table of columns: {error}") from None
        return cls({name: Column.open(folder, name, column_type) for name, column_type in types.items()})

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __len__(self) -> int:
        return min(map(len, self.columns.values()))


@contextmanager
def write_table(folder: Path, types: Mapping[str, ColumnType]) -> Iterator[dict[str, "ColumnWriter"]]:
    """Write a table row by row. The folder appears when the block succeeds.

    Yields:
        The writers by column name.

    Raises:
        ValueError: If the columns get different numbers of rows.
    """
    with whole_folder(folder) as new:
        with ExitStack() as stack:
            writers = {name: stack.enter_context(ColumnWriter(new, name, types[name])) for name in types}
            yield writers
        rows = {name: writer.rows for name, writer in writers.items()}
        if len(set(rows.values())) != 1:
            raise ValueError(f"All columns need the same number of rows. Received: {rows}")
        described = {name: asdict(column_type) for name, column_type in types.items()}
        write_text(new / COLUMNS_FILE, json.dumps(described, indent=2) + "\n")


class ColumnWriter:
    """Writes a column row by row in constant memory. A block that fails leaves no file.

    Args:
        folder: An existing folder.
        name: Name of the column. Its files are NAME.values.npy and NAME.offsets.npy.
    """

    def __init__(self, folder: Path, name: str, column_type: ColumnType):
        self.name, self.type, self.rows = name, column_type, 0
        self.paths = _paths(folder, name)

    def __enter__(self) -> "ColumnWriter":
        values, offsets = self.paths
        self._values = _GrowingFile(values, np.dtype(self.type.dtype), self.type.item_shape)
        self._offsets = _GrowingFile(offsets, np.dtype(np.int64))
        self._offsets.append(np.zeros(1, np.int64))
        return self

    def append(self, *encodings: ArrayLike) -> None:
        """Append one row, given its encodings, each `(length, *item_shape)`.

        Raises:
            ValueError: If the number of encodings is not the column's `samples`, or shape or dtype do not fit.
        """
        if len(encodings) != self.type.samples:
            raise ValueError(f"{self.name}: a row has {self.type.samples} encodings. Received: {len(encodings)}")
        arrays = [self._array(encoding) for encoding in encodings]
        for array in arrays:
            self._values.append(array)
            self._offsets.append(np.array([self._values.length], np.int64))
        self.rows += 1

    def _array(self, encoding: ArrayLike) -> np.ndarray:
        dtype = self._values.dtype
        if isinstance(encoding, np.ndarray) and not np.can_cast(encoding.dtype, dtype, "same_kind"):
            raise ValueError(f"{self.name}: {dtype} cannot hold every value. Received: dtype={encoding.dtype}")
        array = np.asarray(encoding, dtype)
        if array.ndim == 0 or array.shape[1:] != self.type.item_shape:
            wanted = ", ".join(["length", *map(str, self.type.item_shape)])
            raise ValueError(f"{self.name}: expected the shape ({wanted}). Received: shape={array.shape}")
        return array

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._values, self._offsets):
            file.close()
        if kind is not None:
            for path in self.paths:
                path.unlink()


class _GrowingFile:
    """An .npy file whose array grows along its first axis. numpy's header leaves room for the final length."""

    def __init__(self, path: Path, dtype: np.dtype, item_shape: tuple[int, ...] = ()):
        self.dtype, self.item_shape, self.length = dtype, item_shape, 0
        self.file = path.open("wb")
        self._write_header()

    def append(self, array: np.ndarray) -> None:
        self.file.write(array.tobytes())
        self.length += len(array)

    def close(self) -> None:
        self.file.seek(0)
        self._write_header()
        self.file.close()

    def _write_header(self) -> None:
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.length, *self.item_shape)}
        np.lib.format.write_array_header_1_0(self.file, header)


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    """Return the paths of a column's values and offsets."""
    return folder / f"{name}.values.npy", folder / f"{name}.offsets.npy"
