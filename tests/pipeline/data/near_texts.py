"""Pairs of texts that differ in one or two letters."""

from collections import defaultdict

DISTANCE = 2  # insertions, deletions and replacements


def near_pairs(texts, shortest):
    """Pairs of different texts of at least `shortest` letters within `DISTANCE` of each other.

    Cut into three pieces, a text shares one of them with every text that near, at most `DISTANCE` places away.
    """
    by_piece = defaultdict(set)
    for text in texts:
        if len(text) >= shortest:
            for start, piece in pieces(text):
                by_piece[piece].add((start, text))
    found = set()
    for text in texts:
        if len(text) < shortest:
            continue
        for start, piece in pieces(text):
            for other_start, other in by_piece[piece]:
                if text < other and abs(start - other_start) <= DISTANCE and is_near(text, other):
                    found.add((text, other))
        for start in range(len(text)):  # the pieces of longer or shorter texts are cut elsewhere
            for length in {len(piece) for _, piece in pieces(text)} | {(len(text) + change) // 3 for change in (-2, 2)}:
                for other_start, other in by_piece.get(text[start : start + length], ()):
                    if text != other and abs(start - other_start) <= DISTANCE and is_near(text, other):
                        found.add((min(text, other), max(text, other)))
    return found


def pieces(text):
    """Three pieces of a text, each with its start."""
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
