import dataclasses

import pytest

from seq2edge.cli.main import main
from seq2edge.device.errors import UserError
from seq2edge.export.options import ExportOptions


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(UserError) as error:
        ExportOptions("int4", runtimes=("tpu",), shortlist=-1, max_score_loss=-0.5, keep_float=("a",))
    assert str(error.value) == (
        "quantization must be one of none, float16, int8, got 'int4'; "
        "runtimes must be one or more of litert, tflite-2.14, web, got 'tpu'; "
        "shortlist must be at least 0, got -1; max_score_loss must be at least 0, got -0.5; "
        "keep_float must be empty unless quantization is int8, got a with quantization int4"
    )


def test_missing_options_are_taken_from_the_recipe(tiny_recipe):
    recipe = tiny_recipe(settings=['export.runtimes=["web"]', "export.shortlist=50", "export.beam_sizes=[1, 3]"])
    settings = ExportOptions().resolve(recipe)
    assert settings.section == recipe.export
    assert settings.fixed_lengths == (16, 24)


def test_given_options_override_the_recipe(tiny_recipe):
    recipe = tiny_recipe(settings=['export.runtimes=["web"]', "export.shortlist=50"])
    settings = ExportOptions(runtimes=("litert",), shortlist=0).resolve(recipe)
    assert (settings.section.runtimes, settings.section.shortlist, settings.fixed_lengths) == (("litert",), 0, ())


def test_every_option_has_a_flag(capsys):
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    text = capsys.readouterr().out
    assert all(f"  {option.metadata['flag']} " in text for option in dataclasses.fields(ExportOptions))


def test_a_wrong_flag_is_reported_before_the_run_opens(capsys):
    assert main(["export", "no-such-run", "--shortlist", "-2"]) == 2
    assert capsys.readouterr().err == "seq2edge: shortlist must be at least 0, got -2\n"
