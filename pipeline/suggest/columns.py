"""Guesses which columns have the sources and the targets: by their names, or by what is in them."""

from collections.abc import Sequence

import numpy as np

from seq2edge.pipeline.suggest.languages import LANGUAGES

SOURCE_NAMES = (
    *("source", "src", "question", "q", "input", "prompt", "utterance", "text", "en", "english"),
    *("sentence", "document", "review", "문장", "텍스트", "본문", "질문"),
)
TARGET_NAMES = ("target", "tgt", "answer", "a", "output", "reply", "response", "summary", "command", "translation")
LABEL_NAMES = (
    *("label", "labels", "class", "category", "intent", "sentiment", "emotion", "topic", "tag", "rating", "stars"),
    *("라벨", "레이블", "분류", "범주", "감정", "의도", "평점", "별점"),
)


def is_label_name(column: int | str) -> bool:
    """Whether a column is named as labels usually are."""
    return str(column).strip().lower() in LABEL_NAMES


def is_known_name(column: int | str) -> bool:
    """Whether the name of a column tells what is in it."""
    return str(column).strip().lower() in {*SOURCE_NAMES, *TARGET_NAMES, *LABEL_NAMES}


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], has_names: bool, are_labels: bool | None
) -> tuple[int | str, int | str]:
    """Columns of source and target: by the usual names, by two language codes, by contents, or the first two.

    Args:
        names: The first row, or the keys of JSON Lines.
        rows: The first rows, a cell for each name.
        has_names: The names are keys, and not maybe ordinary cells.
        are_labels: Whether the targets are labels; None: not known.
    """
    lower = [name.strip().lower() for name in names]
    source, target, label = (
        next((names[lower.index(name)] for name in known if name in lower), None)
        for known in (SOURCE_NAMES, TARGET_NAMES, LABEL_NAMES)
    )
    if not are_labels and source is not None and target is not None and source != target:
        return source, target
    if are_labels is not False and label is not None and len(names) > 1:
        others = [name for name in names if name != label]
        return source or others[_longest([[row[names.index(name)] for row in rows] for name in others])], label
    languages = [name for name, low in zip(names, lower, strict=True) if low in LANGUAGES]
    if len(languages) == 2:
        return languages[0], languages[1]
    first, second = _by_contents(rows) if are_labels and len(names) > 2 else (0, 1)
    return (names[first], names[second]) if has_names else (first, second)


def _by_contents(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Columns of texts, the longest cells, and of labels, the fewest different ones but more than one."""
    columns = list(zip(*rows, strict=True))
    text = _longest(columns)
    others = [index for index in range(len(columns)) if index != text]
    numbers = {index: len(set(columns[index])) for index in others}
    return text, min(others, key=lambda index: (numbers[index] < 2, numbers[index]))


def _longest(columns: Sequence[Sequence[str]]) -> int:
    return int(np.argmax([sum(map(len, column)) for column in columns]))
