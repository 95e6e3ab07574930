"""Groups rows that share a source or a target, directly or through other rows, for a split by both sides."""

from seq2edge.pipeline.data.cleaning import hash64
from seq2edge.pipeline.data.splitting import split_key


class Components:
    """Joins rows by their texts (union-find). A group is represented by the source of its first row.

    Texts that differ only in case, white space or punctuation count as the same.
    """

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}  # hash of a text → hash of its parent; a group's first source is its own
        self._rows: dict[int, int] = {}  # hash of a group's first source → number of its first row

    def join(self, source: str, target: str) -> None:
        """Add a row."""
        first, second = hash64(split_key(source)), hash64(f"target\t{split_key(target)}")
        if first not in self._parents and second not in self._parents:
            self._rows[first] = len(self._rows)
        roots = {self._root(self._parents.setdefault(text, text)) for text in (first, second)} & self._rows.keys()
        earliest = min(roots, key=self._rows.__getitem__)
        for text in (first, second, *roots):
            self._parents[self._root(text)] = earliest

    def place(self, source: str) -> float:
        """Return a number from 0 to 1, the same for all rows of a group and evenly distributed over groups."""
        return self._root(hash64(split_key(source))) / 2**64

    def _root(self, text: int) -> int:
        while (parent := self._parents[text]) != text:
            self._parents[text] = text = self._parents[parent]  # halves the path for the next call
        return text
