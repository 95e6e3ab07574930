import argparse

import pytest

from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.errors import UserError
from seq2edge.pipeline.training.options import DistillOptions, TrainOptions


@pytest.mark.parametrize("options", [TrainOptions, DistillOptions])
def test_resume_and_overwrite_exclude_each_other(options):
    with pytest.raises(UserError, match="resume and overwrite exclude each other"):
        options(resume=True, overwrite=True)


@pytest.mark.parametrize("beam", [0, 65])
def test_a_beam_out_of_range_is_refused_at_once(beam):
    with pytest.raises(UserError, match=f"beam must be between 1 and 64, got {beam}"):
        DistillOptions(beam=beam)


def test_distillation_refuses_several_processes():
    with pytest.raises(UserError, match="a distillation runs in one process"):
        DistillOptions(hosts=object())


def test_every_option_has_a_flag():
    parser = argparse.ArgumentParser()
    add_flags(parser, DistillOptions)
    given = parser.parse_args(["--from", "runs/old", "--parts", "encoder", "--beam", "3", "--closest", "--quiet"])
    assert flag_values(DistillOptions, given) == {
        "initial_run": "runs/old",
        "initial_parts": ("encoder",),
        "resume": False,
        "overwrite": False,
        "quiet": True,
        "beam": 3,
        "closest": True,
    }
    assert DistillOptions(**flag_values(DistillOptions, parser.parse_args([]))) == DistillOptions()
