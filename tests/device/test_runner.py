import shutil

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runner import LONGEST_TEXT, Runner
from seq2edge.device.vectors import check_vectors


@pytest.fixture(scope="module")
def runner(bundles):
    return Runner.from_bundle(bundles / "none")


def test_it_answers_what_it_learned(runner):
    assert runner.run("the red stone is here").text == "stone red"


def test_beam_and_n_best(runner):
    result = runner.run("the cold river is here", beam=5, n_best=3)
    assert result.text == "river cold"
    assert len(result.alternatives) == 3
    assert result.alternatives[0][1] >= result.alternatives[1][1]


def test_a_larger_beam_than_the_file_has_is_refused_with_what_is_offered(runner):
    with pytest.raises(UserError, match="beam 6: the bundle offers steps for 1, 5"):
        runner.run("the red stone is here", beam=6)


def test_the_stream_grows_and_ends_in_the_answer(runner):
    seen = list(runner.stream("the warm house is here"))
    assert len(seen) > 2
    assert seen[-1] == runner.run("the warm house is here", beam=1).text


def test_attention_has_a_row_a_piece(runner):
    (part,) = runner.run("the red stone is here").parts
    assert part.attention.shape == (len(part.target_pieces), len(part.source_pieces))
    np.testing.assert_allclose(part.attention.sum(axis=1), 1, atol=1e-4)


def test_lines_stay_lines(runner):
    text = "\n\n".join(["the red stone is here"] * 9)
    assert runner.run(text).text.split("\n") == ["stone red", ""] * 8 + ["stone red"]


def test_what_is_too_long_for_the_model_is_divided_and_said(runner):
    result = runner.run("the red stone is here " * 20)
    assert len(result.parts) > 1
    assert "longer than the model reads" in result.cut


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\x00"])
def test_empty_text_is_refused(runner, text):
    with pytest.raises(UserError, match="the text is empty"):
        runner.run(text)


def test_a_hundred_thousand_characters_are_refused_with_the_limit(runner):
    with pytest.raises(UserError, match=f"100,000 characters, allowed are {LONGEST_TEXT:,}"):
        runner.run("a" * 100_000)


@pytest.mark.parametrize("text", ["🙂🙃", "\x1b[31mred\x07", "red 빨강 красный أحمر", "a" * 500, "?!?!?!"])
def test_strange_text_gets_some_answer(runner, text):
    assert isinstance(runner.run(text).text, str)


@pytest.mark.parametrize("quantization", ["none", "float16", "int8"])
def test_a_bundle_repeats_its_test_vectors(bundles, quantization):
    result = check_vectors(Runner.from_bundle(bundles / quantization))
    assert result["passed"]
    assert result["same"] == result["vectors"] == 6


def test_generate_says_what_the_search_loop_says(runner):
    ids = runner.codec.encode_source("the slow letter is here")
    generated = runner.model.generate(ids)
    assert runner.codec.decode_target(generated) == runner.run("the slow letter is here", beam=1).text


def test_a_model_file_that_is_not_ours_is_refused_by_name(bundles, tmp_path):
    import hashlib
    import json

    folder = shutil.copytree(bundles / "none", tmp_path / "bundle")
    (folder / "model.tflite").write_bytes(b"not a model")
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["files"]["model.tflite"] = {"sha256": hashlib.sha256(b"not a model").hexdigest(), "bytes": 11}
    (folder / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"model\.tflite: LiteRT .* refuses it"):
        Runner.from_bundle(folder)
