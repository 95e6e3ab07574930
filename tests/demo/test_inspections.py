"""The panel that looks inside an answer, without a browser."""

from types import SimpleNamespace

import pytest

from seq2edge.demo.components.link import View
from seq2edge.demo.inspections import Asked, Inspections
from seq2edge.demo.loading import load

ENGLISH = SimpleNamespace(headers={})
TEXT = "the cold river is here"


@pytest.fixture(scope="module")
def inspections(demo_bundles):
    return Inspections(load(demo_bundles), "inside")


def test_settings_without_a_field_are_kept_for_the_same_bundle_and_text(inspections):
    seen = View("there", TEXT, {"beam": 1, "length_penalty": 1.4})
    same = inspections.look(Asked("there", TEXT, beam=3, seen=seen), ENGLISH)[-1]
    assert same == View("there", TEXT, {"length_penalty": 1.4, "beam": 3})
    assert inspections.look(Asked("back", TEXT, beam=3, seen=seen), ENGLISH)[-1].options == {"beam": 3}


def test_a_retry_is_shown_with_the_reply_that_it_avoids(inspections):
    avoided = inspections.look(Asked("quickstart", "tell me a joke", beam=5), ENGLISH)[-1]
    said = inspections.shelf["quickstart"].runner.run("tell me a joke", beam=5).text
    asked = View("quickstart", "tell me a joke", avoided.options | {"earlier_replies": (said,)})
    summary = inspections.explain(asked, ENGLISH)[6]
    assert "Another reply than" in summary


@pytest.mark.parametrize(
    ("text", "prefix", "said"),
    [(" ", "", "Enter a text"), ("a" * 20_001, "", "20,001 characters"), (TEXT, "x" * 500, "not possible")],
)
def test_an_error_replaces_the_previous_charts(inspections, text, prefix, said):
    summary, *pictures, seen = inspections.look(Asked("there", text, prefix=prefix), ENGLISH)
    assert said in summary
    assert set(pictures) == {""}
    assert seen is None
