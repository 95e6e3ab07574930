"""Guesses which columns have the sources and the targets, from their names or their content."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.suggest.headers import is_number
from seq2edge.pipeline.suggest.labels import REPEATS, is_short
from seq2edge.pipeline.suggest.languages import language_of_name
from seq2edge.pipeline.suggest.names import LABEL_NAMES, SOURCE_NAMES, TARGET_NAMES, plain

FEWEST = 5  # smallest number of rows from which a constant column can be recognised
COMMON_START = 16  # if all values of a column share this many characters, they name the origin of the texts
ADDRESS = re.compile(r"(https?://|www\.|[\w.+-]+@)\S+")
IDENTIFIER = re.compile(r"(?=\S*\d)[\w.:#/-]{2,}", re.ASCII)
NEARLY_ALL, HALF = 0.9, 0.5


@dataclass(frozen=True)
class Table:
    """The first rows of a file.

    Attributes:
        names: Names of the columns, from the header or from keys. A column without a name has a number, from 0.
        has_names: Whether the names are from a header or keys.
        rows: Rows with one cell for each column.
    """

    names: tuple[int | str, ...]
    has_names: bool
    rows: tuple[tuple[str, ...], ...]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]

    def of_name(self, name: str) -> int | None:
        """Return the index of a column, given its name or, if no column has this name, its number from 0."""
        for index, own in enumerate(self.names):
            if str(own) == name:
                return index
        return int(name) if name.isdecimal() and int(name) < len(self.names) else None

    def __str__(self) -> str:
        return ", ".join(f"{index} ({name})" if self.has_names else str(name) for index, name in enumerate(self.names))


Ask = Callable[[Table, Sequence[int]], tuple[int, int]]  # chooses source and target among the columns of texts


@dataclass(frozen=True)
class Wish:
    """What the user says about the columns.

    Attributes:
        source, target: Names of the columns, or numbers from 0. None: they are guessed.
        are_labels: Whether the targets are labels; None: not known.
        ask: Asks the user if more than two columns have texts. None: the two columns most like texts are chosen.
    """

    source: str | None = None
    target: str | None = None
    are_labels: bool | None = None
    ask: Ask | None = None


@dataclass(frozen=True)
class Columns:
    """Indices of the columns of source and target, and notes about what is uncertain."""

    source: int
    target: int
    notes: tuple[str, ...] = ()


def choose_columns(table: Table, wish: Wish, path: str) -> Columns:
    """Return the columns that the user names, or else those that the names or the content suggest.

    Raises:
        UserError: If the user names a column that does not exist, or the same column for both sides.
    """
    source, target = (
        None if given is None else _named(table, f"--{side} {given}: no such {kind}", given, path)
        for side, given, kind in (
            ("source", wish.source, "column"),
            ("target", wish.target, "column" if wish.source else "file or column"),
        )
    )
    if source is not None and source == target:
        raise UserError(
            f"{path}: --source {wish.source} and --target {wish.target} are the same column; columns: {table}"
        )
    if source is not None and target is not None:
        return Columns(source, target)
    if source is None and target is None:
        return _guess(table, wish)
    given = source if target is None else target
    others = [index for index in _texts(table) if index != given] or [
        index for index in range(len(table.names)) if index != given
    ]
    other = _most_like_texts(table, others, 1)[0]
    note = (f"the other column is {table.names[other]!r}: set both: --source and --target",) if len(others) > 1 else ()
    return Columns(given, other, note) if target is None else Columns(other, given, note)  # type: ignore[arg-type]


def _named(table: Table, mistake: str, name: str, path: str) -> int:
    index = table.of_name(name)
    if index is None:
        raise UserError(f"{path}: {mistake}; columns: {table}")
    return index


def _guess(table: Table, wish: Wish) -> Columns:
    """Guess the columns from usual names, from names of languages, or from the content; else take the first two."""
    names = [plain(name) if table.has_names else "" for name in table.names]
    texts = _texts(table)
    source = _first_known(names, SOURCE_NAMES, texts)
    target, label = (_first_known(names, known, ()) for known in (TARGET_NAMES, LABEL_NAMES))
    if label is not None and not wish.are_labels and not _most(table.column(label), is_short):
        label = None  # a column such as "intent" that has sentences
    if not wish.are_labels and source is not None and target is not None:
        return Columns(source, target)
    if wish.are_labels is not False and label is not None and len(names) > 1:
        others = [index for index in range(len(names)) if index != label]
        return Columns(source if source is not None else _longest(table, others), label)
    languages = [index for index, name in enumerate(names) if language_of_name(name)]
    if len(languages) == 2:
        return Columns(languages[0], languages[1])
    if wish.are_labels and len(names) > 2:
        return _text_and_label(table)
    if (source is None) != (target is None) and len(texts) == 2 and (source if target is None else target) in texts:
        named = source if target is None else target
        other = next(index for index in texts if index != named)
        return Columns(source if source is not None else other, target if target is not None else other)
    if len(names) == 2:
        return Columns(0, 1)
    return _of_texts(table, texts, wish)


def _first_known(names: Sequence[str], known: Sequence[str], better: Sequence[int]) -> int | None:
    """Return the index of the first known name, in one of the better columns if possible."""
    found = [names.index(name) for name in known if name in names]
    return next((index for index in found if index in better), found[0] if found else None)


def _of_texts(table: Table, texts: Sequence[int], wish: Wish) -> Columns:
    if len(texts) == 2:
        return Columns(texts[0], texts[1])
    if len(texts) > 2:
        if wish.ask:
            return Columns(*wish.ask(table, texts))
        first, second = sorted(_most_like_texts(table, texts, 2))
        listed = ", ".join(repr(table.names[index]) for index in texts)
        note = (
            f"{len(texts)} columns have texts ({listed}); {table.names[first]!r} and {table.names[second]!r} were "
            "chosen: choose others with --source and --target"
        )
        return Columns(first, second, (note,))
    labels = [index for index in range(len(table.names)) if index not in texts and _recurs(table.column(index))]
    if texts and labels and wish.are_labels is None:
        return Columns(texts[0], labels[0])
    note = f"{len(texts)} of {len(table.names)} columns are like texts; the first two were chosen"
    return Columns(0, 1, (f"{note}: choose others with --source and --target",))


def _texts(table: Table) -> list[int]:
    """Return the columns that have texts instead of numbers, file names, addresses or the like."""
    return [index for index in range(len(table.names)) if _is_text(table.column(index))]


def _is_text(column: Sequence[str]) -> bool:
    filled = [value.strip() for value in column if value.strip()]
    if len(filled) < HALF * len(column) or not filled:
        return False
    if _most(filled, is_number) or _most(filled, lambda value: ADDRESS.fullmatch(value) is not None):
        return False
    if _most(filled, lambda value: IDENTIFIER.fullmatch(value) is not None) and len(set(filled)) > HALF * len(filled):
        return False
    if len(filled) < FEWEST:
        return True
    return not _recurs(filled) and len({value[:COMMON_START] for value in filled}) > 1


def _recurs(column: Sequence[str]) -> bool:
    """Return whether a column has few different values, like labels or names of languages or people."""
    return len(set(column)) * REPEATS <= len(column)


def _most(values: Sequence[str], holds: Callable[[str], bool]) -> bool:
    return sum(map(holds, values)) >= NEARLY_ALL * len(values)


def _most_like_texts(table: Table, columns: Sequence[int], count: int) -> list[int]:
    """Return the columns with the most different values and the most letters; of equal columns, the first ones."""

    def likeness(index: int) -> float:
        column = table.column(index)
        characters = "".join(column)
        letters = sum(character.isalpha() or character == " " for character in characters) / max(len(characters), 1)
        return round(len(set(column)) / max(len(column), 1) * letters, 1)

    return sorted(columns, key=likeness, reverse=True)[:count]


def _text_and_label(table: Table) -> Columns:
    """Return the column of texts, with the longest cells, and that of labels, with the fewest values from two up."""
    text = _longest(table, range(len(table.names)))
    others = [index for index in range(len(table.names)) if index != text]
    numbers = {index: len(set(table.column(index))) for index in others}
    return Columns(text, min(others, key=lambda index: (numbers[index] < 2, numbers[index])))


def _longest(table: Table, columns: Sequence[int]) -> int:
    return columns[int(np.argmax([sum(map(len, table.column(index))) for index in columns]))]
