"""Slots: tokens that replace the numbers, paths and placeholders of a target, so that it repeats the source exactly.

These items of a source get a slot token in front. In the target, the slot token replaces the item. After decoding, the
item is filled in again:

    source, as the model reads it    포트 ⟦1⟧8080에서 ⟦2⟧10초 동안 대기
    target, as the model writes it   Listen on port ⟦1⟧ for ⟦2⟧ seconds
    target, filled in                Listen on port 8080 for 10 seconds

The source keeps its items, because the words around them depend on their values ("1 second").
"""

import re
from dataclasses import dataclass

# A digit in a placeholder or in a path is part of it. A path starts after a character that cannot be part of one, which
# makes the time linear in the length of a text.
ITEM = re.compile(
    r"""
    \{\{[^{}]*\}\} | \{[^{}]*\}                                # {{name}}, {0}
    | (?<![A-Za-z0-9_.~/\\-]) (?:[A-Za-z]+:)? [A-Za-z0-9_.~-]*  # a/b, C:\a, https://a.b/c
      (?:[/\\]+[A-Za-z0-9_.~%+@=&?\#:-]*[A-Za-z0-9_~])+ [/\\]?
    | [0-9]+(?:[.,:][0-9]+)*                                   # 7, 1,000, 3.14, 12:30
    """,
    re.VERBOSE,
)
OPEN, CLOSE = "⟦⟧"
MOST_SLOTS = 32
SLOT = re.compile(f"{OPEN}([0-9]+){CLOSE}")


@dataclass(frozen=True)
class Slots:
    """The slots of a vocabulary.

    All occurrences of an item have one slot. If a source has more different items than there are slots, the first ones
    get the slots. A source that contains the character ⟦ has no slots, because its text could be mistaken for one.

    Attributes:
        count: Number of slots; with 0, every text stays as it is.

    Example:
        >>> slots = Slots(4)
        >>> slots.mark("Ports 80 and 443, not 80")
        'Ports ⟦1⟧80 and ⟦2⟧443, not ⟦1⟧80'
        >>> slots.mask("Ports 80 and 443, not 80", "443 statt 80")
        '⟦2⟧ statt ⟦1⟧'
        >>> slots.fill("Ports 80 and 443, not 80", "⟦2⟧ statt ⟦1⟧")
        '443 statt 80'
    """

    count: int = 0

    @property
    def tokens(self) -> list[str]:
        """The tokens of all slots. Slots are numbered from 1."""
        return [f"{OPEN}{number}{CLOSE}" for number in range(1, self.count + 1)]

    def items(self, source: str) -> list[str]:
        """The items of a source that have a slot, in the order of their slots."""
        if not self.count or OPEN in source:
            return []
        return list(dict.fromkeys(ITEM.findall(source)))[: self.count]

    def mark(self, source: str) -> str:
        """Write the slot token before each item of a source."""
        tokens = self._tokens(source)
        return ITEM.sub(lambda found: tokens.get(found[0], "") + found[0], source) if tokens else source

    def occurrences(self, source: str) -> dict[str, list[str]]:
        """For each slot token, all occurrences of its item in a source; empty if the slot has no item."""
        found: dict[str, list[str]] = {token: [] for token in self.tokens}
        tokens = self._tokens(source)
        for item in ITEM.findall(source):
            if item in tokens:
                found[tokens[item]].append(item)
        return found

    def mask(self, source: str, target: str) -> str:
        """Replace the items of a target that its source also has by their slot tokens."""
        tokens = self._tokens(source)
        return ITEM.sub(lambda found: tokens.get(found[0], found[0]), target) if tokens else target

    def fill(self, source: str, target: str) -> str:
        """Replace the slot tokens of a target by the items of its source. Slots of no item vanish."""
        if not self.count or OPEN in source:
            return target
        items = dict(enumerate(self.items(source), 1))
        return SLOT.sub(lambda found: items.get(int(found[1]), ""), target)

    def _tokens(self, source: str) -> dict[str, str]:
        return dict(zip(self.items(source), self.tokens, strict=False))


NO_SLOTS = Slots()
