"""Damages bytes, and offers unexpected values."""

import copy
import datetime
import random
from collections.abc import Iterator
from typing import Any

CONTROLS = [b"\x00", b"\x01", b"\x1b[31m", b"\x1a", b"\x7f", b"\r", b"\x0c", b"\xff", b"\xfe\xff", b"\xc0\x80"]
CONTROLS += ["\u2028".encode(), "\u200b".encode(), "\ufeff".encode(), b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"\t"]


def flip(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def stretch(content: bytes, draw: random.Random) -> bytes:
    """Repeat a part."""
    start = draw.randrange(len(content))
    return content[:start] + content[max(0, start - draw.randint(1, 1000)) :]


def control(content: bytes, draw: random.Random) -> bytes:
    """Insert bytes that are not text."""
    for _ in range(draw.randint(1, 5)):
        place = draw.randrange(len(content) + 1)
        content = content[:place] + draw.choice(CONTROLS) * draw.choice([1, 1, 3]) + content[place:]
    return content


def giant(content: bytes, draw: random.Random) -> bytes:
    """Insert many bytes without a line end."""
    unit = draw.choice([b"a", b"a ", "가".encode(), b'"', b",", b"\t", b"{", b"[", b"0", b"\\u0041"])
    place = draw.randrange(len(content) + 1)
    return content[:place] + unit * (draw.choice([1_000, 70_000, 1_000_000]) // len(unit)) + content[place:]


def noise(content: bytes, draw: random.Random) -> bytes:
    return draw.randbytes(draw.choice([1, 10, 1_000, 100_000]))


def nothing(content: bytes, draw: random.Random) -> bytes:
    return draw.choice([b"", b"\n", b" \n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\n" * 1000])


DAMAGES = (flip, flip, cut, cut, stretch, control, control, giant, noise, nothing)


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Content with one of the damages."""
    return draw.choice(DAMAGES)(content or b"\n", draw)


VALUES = (
    *(None, True, False, -1, 0, 1, 2, 3, 1 << 31, 1 << 40, 1 << 62, -(1 << 63), 10**30),
    *(0.5, -0.5, 1e-300, 1e308, -1e308, float("inf"), float("nan")),
    *("", " ", "x", "x" * 5000, "../x", "/etc/hostname", "..", "\x1b[31m", "\ud800", "가", "{0} {1}", "{", "{}{"),
    *("1", "true", "nan", "lstm", "none", "utf-16", "\x00", "a\nb", "%s", "%00", "en", "chat", "int8"),
    *([], [0], [[]], ["x"] * 200, {}, {"x": None}, {"kind": "lstm"}, [1, 2], ["en", "de"]),
    datetime.date(2020, 2, 29),
)


def places(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value in nested lists and objects."""
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def change(values: Any, draw: random.Random, allowed: Any = VALUES) -> Any:
    """Change one place of nested lists and objects: another value, none, a key more, or another name of a key."""
    path = draw.choice(list(places(values)))
    holder = values
    for key in path[:-1]:
        holder = holder[key]
    kind, last = draw.choice(["value", "value", "value", "value", "gone", "new", "renamed"]), path[-1]
    if kind == "gone":
        del holder[last]
    elif kind == "new" and isinstance(holder, dict):
        holder[draw.choice(["new", "x" * 100, "", "a.b", "\x1b"])] = copy.deepcopy(draw.choice(allowed))
    elif kind == "renamed" and isinstance(holder, dict):
        holder[f"{last}s"] = holder.pop(last)
    else:
        holder[last] = copy.deepcopy(draw.choice(allowed))
    return values
