import dataclasses

import pytest

from seq2edge.cli.main import main
from seq2edge.device.errors import UserError
from seq2edge.export.options import ExportOptions


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(UserError) as error:
        ExportOptions("int4", runtimes=("tpu",), shortlist=-1, max_score_loss=-0.5, keep_float=("a",))
    assert str(error.value) == (
        "quantization is 'int4', allowed are none, float16, int8; "
        "runtimes is 'tpu', allowed are one or more of litert, tflite-2.14, web; "
        "shortlist is -1, allowed is 0 or more; max_score_loss is -0.5, allowed is 0 or more; "
        "keep_float is a, allowed only with quantization int8; quantization is int4"
    )


def test_options_that_are_not_given_are_those_of_the_recipe(tiny_recipe):
    recipe = tiny_recipe(settings=['export.runtimes=["web"]', "export.shortlist=50", "export.beam_sizes=[1, 3]"])
    settings = ExportOptions().resolve(recipe)
    assert settings.section == recipe.export
    assert settings.fixed_lengths == (16, 24)


def test_given_options_win_over_the_recipe(tiny_recipe):
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
    assert capsys.readouterr().err == "seq2edge: shortlist is -2, allowed is 0 or more\n"
