"""The smallest and largest values of each option give an answer with a finite score, without warnings."""

import math
import re

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.device.search.options import LARGEST_BEAM, MOST_CHARACTERS, MOST_PHRASES, OPTIONS

TEXT = "good morning"
NEEDED = {  # further options that the extremes of an option need
    **{name: {"sample": True} for name in ("temperature", "top_k", "top_p", "seed")},
    **{name: {"beam": 4, "groups": 4} for name in ("groups", "diversity")},
    **{name: {"beam": 5} for name in ("coverage_penalty", "length_penalty")},
    "earlier_replies_penalty": {"earlier_replies": ("Good morning! I hope your day starts well.",)},
}


@pytest.fixture(scope="module")
def runner(shipped):
    return load_runner(shipped.path)


def settings(name, value):
    return NEEDED.get(name, {}) | {name: value}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.allowed])
def test_extreme_values_of_options_give_finite_scores(runner, name):
    allowed = OPTIONS[name].allowed
    for value in map(OPTIONS[name].type, (allowed.least + 1e-9 * allowed.exclusive, allowed.most)):
        try:
            result = runner.run(TEXT, **settings(name, value))
        except UserError as error:
            assert re.match(f"{name}|beam must be at most 5, the limit of this bundle, got 64", str(error))  # noqa: PT017
        else:
            assert math.isfinite(result.score)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("length_penalty", 1e308),
        ("temperature", 1e-300),
        ("max_ratio", 1e308),
        ("min_ratio", math.inf),
        ("coverage_penalty", math.nan),
        ("seed", 1 << 64),
        ("beam", 10**400),
        ("n_best", LARGEST_BEAM + 1),
    ],
)
def test_values_out_of_range_are_refused_by_name(runner, name, value):
    with pytest.raises(UserError, match=f"{name} must be (between|greater than) .*, got "):
        runner.run(TEXT, **settings(name, value))


@pytest.mark.parametrize("name", MOST_PHRASES)
def test_the_maximum_number_of_phrases_is_accepted(runner, name):
    number = MOST_PHRASES[name]
    phrases = tuple(f"{place} {'x' * (MOST_CHARACTERS // number - 6)}" for place in range(number))
    assert math.isfinite(runner.run(TEXT, beam=5, **{name: phrases}).score)


@pytest.mark.parametrize("text", ["\ud800", "\udfff good", "\x00", "\u0301" * 20_000, "\ufdfa" * 20_000, "x\n" * 9_999])
def test_unusual_texts_get_finite_scores(runner, text):
    result = runner.run_all([text])[0]
    assert math.isfinite(result.score)
    result.text.encode("utf-8")
