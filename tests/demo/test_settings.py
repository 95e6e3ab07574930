from pathlib import Path
from types import SimpleNamespace

import pytest

from seq2edge.demo.loading import Loaded
from seq2edge.demo.settings import SCALES, SHOWN, controls, defaults, options_of
from seq2edge.device.search.options import OPTIONS, DecodingOptions


def bundle(beam_sizes=(1, 5), **defaults):
    manifest = SimpleNamespace(beam_sizes=beam_sizes, target_length=30)
    options = DecodingOptions(max_length=30, **defaults)
    return Loaded("x", Path("x"), SimpleNamespace(manifest=manifest, options=lambda: options), 1.0, 1.0)


@pytest.mark.parametrize("name", SCALES)
def test_a_slider_offers_what_its_option_allows(name):
    assert SCALES[name].least in OPTIONS[name].allowed
    assert SCALES[name].most in OPTIONS[name].allowed


def test_controls_have_the_limits_and_defaults_of_their_bundles():
    found = dict(zip(SHOWN, controls([bundle((1,)), bundle()], "chat"), strict=True))
    assert (found["beam"].minimum, found["beam"].maximum, found["beam"].value) == (1, 5, 1)
    assert found["max_length"].maximum == 30
    assert found["sample"].value is False
    assert not dict(zip(SHOWN, controls([bundle((1,))], "chat"), strict=True))["beam"].visible


def test_values_of_controls_are_always_valid_options():
    values = dict(zip(SHOWN, defaults(bundle(beam=5)), strict=True))
    assert values["beam"] == 5
    values |= {"beam": 5, "max_length": 900, "temperature": 0.5, "top_k": 3.0}
    chosen = options_of(bundle((1,)), list(values.values()))
    assert (chosen["beam"], chosen["max_length"], chosen["temperature"], chosen["top_k"]) == (1, 30, 1.0, 0)
    sampled = options_of(bundle(), list((values | {"sample": True}).values()))
    assert (sampled["temperature"], sampled["top_k"]) == (0.5, 3)
    DecodingOptions(**chosen)
    DecodingOptions(**sampled)
