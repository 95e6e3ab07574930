"""Bundles damaged in transfer are refused with one line, or give the same answers."""

import json
import random
import shutil

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import sealed
from seq2edge.device.runners.load import load_runner

DAMAGES = 2_000
TEXT, ANSWER = "the red stone is here", "stone red"


@pytest.fixture(scope="module")
def copy(bundles, tmp_path_factory):
    return shutil.copytree(bundles / "int8", tmp_path_factory.mktemp("damage") / "bundle")


def flip(content, draw):
    """Flip a few bytes of a file."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        changed[draw.randrange(len(changed))] ^= draw.randint(1, 255)
    return bytes(changed)


def cut(content, draw):
    return content[: draw.randrange(len(content))]


def stretch(content, draw):
    """Repeat a part of a file."""
    start = draw.randrange(len(content))
    return content[:start] + content[max(0, start - draw.randint(1, 1000)) :]


def answer(folder):
    """The answer of the bundle; None if the bundle is refused with one line."""
    try:
        return load_runner(folder).run(TEXT).text
    except UserError as error:
        line = str(error)
    assert "\n" not in line
    return None


def test_damaged_files_are_refused_or_give_the_right_answer(copy):
    draw = random.Random(1)
    originals = {path: path.read_bytes() for path in sorted(copy.iterdir())}
    refused = 0
    for _ in range(DAMAGES):
        path = draw.choice(list(originals))
        path.write_bytes(draw.choice([flip, cut, stretch])(originals[path], draw))
        said = answer(copy)
        path.write_bytes(originals[path])
        assert said in (None, ANSWER)
        refused += said is None
    assert refused > DAMAGES / 2  # README.md is only for people; its content is not checked
    assert answer(copy) == ANSWER


WRONG = [None, True, -1, 0, 1 << 40, 0.5, "", "x", "../x", [], [0], [[]], {}, {"x": None}]


def places(values, path=()):
    """Yield the path of every field of a manifest, at any depth."""
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def with_field(values, path, value):
    """A copy of the manifest with one value replaced."""
    changed = json.loads(json.dumps(values))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def test_wrong_fields_with_a_valid_checksum_are_refused_in_one_line(copy):
    before = (copy / "bundle.json").read_bytes()
    values = json.loads(before)
    del values["manifest_sha256"]
    draw = random.Random(2)
    for path in places(values):
        (copy / "bundle.json").write_text(sealed(with_field(values, path, draw.choice(WRONG))), encoding="utf-8")
        answer(copy)  # refused with one line or answered; answers may differ, as if the author had changed it
    (copy / "bundle.json").write_bytes(before)
    assert answer(copy) == ANSWER
