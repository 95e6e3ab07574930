"""Flags, JSON fields, controls of the demo and documentation are derived from the fields of `DecodingOptions`."""

import argparse
import dataclasses
import json
import math
import re
from pathlib import Path

import pytest

from seq2edge.cli import run, search_flags
from seq2edge.device.errors import UserError
from seq2edge.device.option import Range
from seq2edge.device.runners.classification_options import OPTIONS as CLASSIFICATION_OPTIONS
from seq2edge.device.search.options import OPTIONS, DecodingOptions, latest_replies
from seq2edge.device.serving.requests import Request

ROOT = Path(__file__).parents[3]
EXAMPLES = {int: ("3", 3), float: ("0.5", 0.5), str: ("a b", "a b"), tuple: ("a", ["a"])}


def test_every_field_is_described():
    assert list(OPTIONS) == [field.name for field in dataclasses.fields(DecodingOptions)]
    for option in OPTIONS.values():
        assert option.help
        assert option.type in (int, float, bool, str, tuple)
        assert (option.allowed is not None) == (option.type in (int, float))
        assert option.default is None or option.accepts(option.default)


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser


@pytest.mark.parametrize("option", (CLASSIFICATION_OPTIONS | OPTIONS).values(), ids=lambda option: option.name)
def test_every_option_has_a_flag(parser, option):
    given, expected = EXAMPLES.get(option.type, (None, not option.default))
    arguments = parser.parse_args(["bundle", option.flag] + ([] if given is None else [given]))
    assert getattr(arguments, option.name) == expected
    assert [name for name in run.OPTIONS if getattr(arguments, name) is not None] == [option.name]
    assert " ".join(option.help.split()) in " ".join(search_flags.decoding_help("run", run.OPTIONS).split())


def test_every_option_is_a_field_of_a_request():
    options = DecodingOptions(beam=4, n_best=2, required=["a"], max_ratio=2.0, shortlist=False)
    body = json.dumps({"text": "a", **dataclasses.asdict(options)}).encode()
    request = Request.from_json(body, OPTIONS, max_characters=100)
    assert list(request.settings) == list(OPTIONS)
    assert DecodingOptions(**request.settings) == options


def test_the_documentation_lists_every_option():
    document = (ROOT / "docs" / "decoding.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(--[^`]*)` \| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", document, re.MULTILINE)
    assert rows == [documented(option) for option in OPTIONS.values()]


def documented(option):
    """The expected row of an option in docs/decoding.md."""
    metavar = "" if option.type is bool else f" {search_flags.METAVARS[option.type]}"
    kind = {bool: "true or false", str: "text", tuple: "list of texts"}.get(option.type, str(option.allowed))
    default = "the bundle's" if option.name in search_flags.BUNDLE_DEFAULTS else option.default
    shown = str(default).lower() if default not in (None, "", ()) else "none"
    return f"{option.flag}{metavar}", option.name, kind, shown, option.help


@pytest.mark.parametrize(
    ("allowed", "inside", "outside", "text"),
    [
        (Range(1, 64), (1, 64), (0, 65), "between 1 and 64"),
        (Range(0), (0, 1e9), (-1, float("nan")), "at least 0"),
        (Range(0, exclusive=True), (0.1,), (0,), "greater than 0"),
        (Range(0, 1, exclusive=True), (0.1, 1), (0, 1.1), "greater than 0 and at most 1"),
        (Range(0.001, 4294967295), (0.001,), (0, 1 << 32), "between 0.001 and 4,294,967,295"),
    ],
)
def test_a_range_is_described(allowed, inside, outside, text):
    assert all(value in allowed for value in inside)
    assert not any(value in allowed for value in outside)
    assert str(allowed) == text


def test_the_number_of_phrases_is_limited():
    with pytest.raises(
        UserError, match="required must have at most 100 phrases, got 3,000; banned must have at most 1,000"
    ):
        DecodingOptions(required=("a",) * 3000, banned=("b",) * 1001)
    with pytest.raises(UserError, match="earlier_replies must have at most 100 phrases, got 101"):
        DecodingOptions(earlier_replies=("a",) * 101)


@pytest.mark.parametrize("name", ["prefix", "required", "banned", "earlier_replies"])
def test_the_length_of_phrases_is_limited(name):
    long = "a" * 20_001
    with pytest.raises(UserError, match=f"^{name} must have at most 20,000 characters, got 20,001$"):
        DecodingOptions(**{name: long if name == "prefix" else (long,)})


@pytest.mark.parametrize("option", (CLASSIFICATION_OPTIONS | OPTIONS).values(), ids=lambda option: option.name)
def test_every_number_has_a_maximum(option):
    assert option.allowed is None or math.isfinite(option.allowed.most)


def test_only_the_latest_replies_of_a_long_conversation_are_kept():
    replies = [str(number) for number in range(150)]
    assert latest_replies(replies) == tuple(replies[50:])
    assert latest_replies(["a" * 15_000, "b" * 15_000, "c"]) == ("b" * 15_000, "c")
    DecodingOptions(earlier_replies=latest_replies(["a" * 999] * 150))
