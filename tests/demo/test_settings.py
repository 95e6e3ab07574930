from types import SimpleNamespace

import pytest

from seq2edge.demo.settings import SHOWN, control
from seq2edge.demo.words import ENGLISH, KOREAN
from seq2edge.device.search.options import OPTIONS


@pytest.mark.parametrize("name", SHOWN)
def test_a_control_has_the_limits_and_default_of_its_option(name):
    slider = control(name, ENGLISH[name], [SimpleNamespace(beam_sizes=[1, 5]), SimpleNamespace(beam_sizes=[1])])
    assert (slider.minimum, slider.value) == (OPTIONS[name].allowed.least, OPTIONS[name].default)
    assert name != "beam" or slider.maximum == 5
    assert name in KOREAN


def test_a_control_without_a_choice_is_hidden():
    assert not control("beam", "Beam", [SimpleNamespace(beam_sizes=[1])]).visible
