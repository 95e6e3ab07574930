from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from seq2edge.device.json_types import Between, Items, Pattern, mistakes


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


def test_a_value_that_fits_has_no_mistakes():
    assert list(mistakes(GOOD, Outer)) == []
    assert list(mistakes(GOOD | {"maybe": {"size": 9, "code": "xy"}, "later": 1}, Outer)) == []


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"kind": "c"}, 'kind is "c", expected "a" or "b"'),
        ({"rows": []}, "rows is [], expected a list that is not empty"),
        ({"rows": [{"size": 10}]}, "rows[0].size is 10, expected a whole number from 0 to 9"),
        ({"rows": [{"size": True}]}, "rows[0].size is true, expected a whole number from 0 to 9"),
        ({"rows": [{}]}, "rows[0].size is missing, expected a whole number from 0 to 9"),
        ({"rows": [{"size": 1, "sise": 1}]}, "rows[0].sise is unknown, expected size, code"),
        ({"maybe": {"size": 1, "code": "X"}}, 'maybe.code is "X", expected text like abc'),
        ({"maybe": 3}, "maybe is 3, expected an object or null"),
        ({"named": {"a\nb": "1"}}, 'named["a\\nb"] is "1", expected a number'),
        ({"named": {"x": float("nan")}}, "named.x is NaN, expected a number"),
    ],
)
def test_a_mistake_names_key_value_and_what_is_expected(values, line):
    assert list(mistakes(GOOD | values, Outer)) == [line]
