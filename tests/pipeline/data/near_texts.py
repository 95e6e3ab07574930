"""Pairs of texts that differ in one or two letters."""

from collections import defaultdict

DISTANCE = 2  # insertions, deletions and replacements


def near_pairs(texts, shortest):
    """Pairs of different texts of at least `shortest` letters within `DISTANCE` of each other.

    If a text is cut into three parts, every near text contains one of them, at most `DISTANCE` places away.
    """
    by_piece = defaultdict(set)
    for text in texts:
        if len(text) >= shortest:
            for start, part in parts(text):
                by_piece[part].add((start, text))
    found = set()
    for text in texts:
        if len(text) < shortest:
            continue
        for start, part in parts(text):
            for other_start, other in by_piece[part]:
                if text < other and abs(start - other_start) <= DISTANCE and is_near(text, other):
                    found.add((text, other))
        for start in range(len(text)):  # the parts of longer or shorter texts are cut elsewhere
            for length in {len(part) for _, part in parts(text)} | {(len(text) + change) // 3 for change in (-2, 2)}:
                for other_start, other in by_piece.get(text[start : start + length], ()):
                    if text != other and abs(start - other_start) <= DISTANCE and is_near(text, other):
                        found.add((min(text, other), max(text, other)))
    return found


def parts(text):
    """Three parts of a text, each with its start."""
    third = len(text) // 3
    return [(0, text[:third]), (third, text[third : 2 * third]), (2 * third, text[2 * third :])]


def is_near(one, other):
    """Whether the edit distance is at most `DISTANCE`."""
    if abs(len(one) - len(other)) > DISTANCE:
        return False
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        low = i
        for j, other_letter in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != other_letter))
            low = min(low, row[j])
        if low > DISTANCE:
            return False
    return row[-1] <= DISTANCE
