from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import Between, Items, Pattern, mistakes, read_json
from seq2edge.device.manifests import caps


class Inner(TypedDict):
    size: Annotated[int, Between(0, 9)]
    code: NotRequired[Annotated[str, Pattern("[a-z]+", "abc")]]


class Outer(TypedDict):
    kind: Literal["a", "b"]
    rows: Annotated[list[Inner], Items(1)]
    named: dict[str, float]
    maybe: Inner | None
    free: Any


GOOD = {"kind": "a", "rows": [{"size": 1}], "named": {"x": 1}, "maybe": None, "free": [object]}


def test_a_valid_value_has_no_mistakes():
    assert list(mistakes(GOOD, Outer)) == []
    assert list(mistakes(GOOD | {"maybe": {"size": 9, "code": "xy"}, "later": 1}, Outer)) == []


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"kind": "c"}, 'kind must be "a" or "b", got "c"'),
        ({"rows": []}, "rows must be a list that is not empty, got []"),
        ({"rows": [{"size": 10}]}, "rows[0].size must be an integer between 0 and 9, got 10"),
        ({"rows": [{"size": True}]}, "rows[0].size must be an integer between 0 and 9, got true"),
        ({"rows": [{}]}, "rows[0].size is missing; it must be an integer between 0 and 9"),
        ({"rows": [{"size": 1, "sise": 1}]}, "rows[0].sise is unknown; the fields are size, code"),
        ({"maybe": {"size": 1, "code": "X"}}, 'maybe.code must be a string like abc, got "X"'),
        ({"maybe": 3}, "maybe must be an object or null, got 3"),
        ({"named": {"a\nb": "1"}}, 'named["a\\nb"] must be a number, got "1"'),
        ({"named": {"x": float("nan")}}, "named.x must be a number, got NaN"),
    ],
)
def test_a_mistake_names_key_allowed_values_and_value(values, line):
    assert list(mistakes(GOOD | values, Outer)) == [line]


def test_an_integer_that_no_float_can_hold_is_refused():
    (line,) = mistakes(GOOD | {"named": {"x": 10**400}}, Outer)
    assert line.startswith("named.x must be a number, got 1000")


def test_a_file_that_is_too_large_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(caps, "JSON_BYTES", 10)
    (tmp_path / "guard.json").write_text('{"a": "0123456789"}')
    with pytest.raises(UserError, match="not a guard: larger than 10 bytes"):
        read_json(tmp_path / "guard.json", dict[str, str], "not a guard")
