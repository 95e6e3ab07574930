import itertools
import math
import shutil

import numpy as np
import pytest

from seq2edge.device.batching import Job
from seq2edge.device.deadline import Deadline
from seq2edge.device.errors import UserError
from seq2edge.device.guard import Category, Guard
from seq2edge.device.joining import Decoded
from seq2edge.device.processors.text import MAX_CHARACTERS
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode, decode_stepwise
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.vectors.check import check_vectors


@pytest.fixture(scope="module")
def runner(bundles):
    return load_runner(bundles / "none")


def test_the_runner_gives_the_learned_answer(runner):
    assert runner.run("the red stone is here").text == "stone red"


def test_a_beam_returns_the_n_best_answers(runner):
    result = runner.run("the cold river is here", beam=5, n_best=3)
    assert result.text == "river cold"
    assert len(result.alternatives) == 3
    assert result.alternatives[0][1] >= result.alternatives[1][1]


def test_a_beam_larger_than_those_of_the_bundle_is_refused(runner):
    with pytest.raises(UserError, match="beam must be at most 5, the limit of this bundle, got 6"):
        runner.run("the red stone is here", beam=6)


def test_without_any_allowed_token_the_answer_is_empty_and_not_confident(runner):
    (segment,) = runner.processor.split("the stone")
    job = Job(0, 0, segment, runner.processor(segment.source))
    nothing = Hypothesis((), -math.inf, 0.0, (), None, finished=False)
    result = runner.joiner.result("the stone", [Decoded(job, [nothing])], 1, ())
    assert (result.text, result.confidence) == ("", 0.0)


def test_the_stream_grows_and_ends_with_the_answer(runner):
    seen = list(runner.stream("the warm house is here"))
    assert len(seen) > 2
    assert seen[-1] == runner.run("the warm house is here", beam=1).text


def test_attention_has_a_row_for_each_token(runner):
    (part,) = runner.run("the red stone is here").parts
    assert part.attention.shape == (len(part.target_tokens), len(part.source_tokens))
    np.testing.assert_allclose(part.attention.sum(axis=1), 1, atol=1e-4)


def test_lines_are_answered_separately(runner):
    text = "\n\n".join(["the red stone is here"] * 9)
    assert runner.run(text).text.split("\n") == ["stone red", ""] * 8 + ["stone red"]


def test_a_text_that_is_too_long_is_split_with_a_note(runner):
    result = runner.run("the red stone is here " * 20)
    assert len(result.parts) > 1
    assert "longer than the model reads" in result.cut


def test_a_text_in_an_unknown_script_gets_a_note(runner):
    assert "trained on texts with Latin letters" in runner.run("빨간 돌이 여기 있다").unread
    assert runner.run("the red stone is here").unread is None


def test_an_unusually_low_confidence_gets_a_note(runner):
    assert runner.run("the red stone is here").unsure is None
    assert "the model is unsure" in runner.run("zqx jvk wpf").unsure


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\x00", "\u2028"])
def test_empty_text_is_refused(runner, text):
    with pytest.raises(UserError, match="the input is empty"):
        runner.run(text)


def test_too_many_characters_are_refused(runner):
    with pytest.raises(UserError, match=f"the text must have at most {MAX_CHARACTERS:,} characters, got 100,000"):
        runner.run("a" * 100_000)


@pytest.mark.parametrize("text", ["🙂🙃", "\x1b[31mred\x07", "red 빨강 красный أحمر", "a" * 500, "?!?!?!", "\ud800"])
def test_unusual_texts_get_an_answer(runner, text):
    assert isinstance(runner.run(text).text, str)


@pytest.mark.parametrize("quantization", ["none", "float16", "int8"])
def test_a_bundle_reproduces_its_test_vectors(bundles, quantization):
    result = check_vectors(bundles / quantization)
    assert result["passed"]
    assert result["same"] == result["vectors"] == 6


def test_generate_gives_the_answers_of_the_search_loop(runner):
    source, options = runner.processor("the slow letter is here"), DecodingOptions()
    ((generated,),), ((stepwise,),) = (
        decode(runner.model, [source], options),
        decode_stepwise(runner.model, [source], options),
    )
    assert generated.ids == stepwise.ids
    assert generated.finished
    np.testing.assert_allclose(generated.token_log_probs, stepwise.token_log_probs, atol=1e-4)
    np.testing.assert_allclose(generated.attention, stepwise.attention, atol=1e-4)
    assert generated.score == pytest.approx(stepwise.score, abs=1e-4)


def test_a_model_file_of_another_model_is_refused_by_name(bundles, tmp_path, replace_file):
    folder = shutil.copytree(bundles / "none", tmp_path / "bundle")
    replace_file(folder, "model.tflite", b"not a model")
    with pytest.raises(UserError, match=r"model\.tflite: LiteRT .* cannot load it"):
        load_runner(folder)


def words(result):
    return result.text.split()


def test_required_banned_and_prefix_phrases_are_obeyed(runner):
    sentence = "the red stone is here"
    assert "blue" in words(runner.run(sentence, beam=5, required=["blue"]))
    assert "red" not in words(runner.run(sentence, beam=5, banned=["red"]))
    assert words(runner.run(sentence, prefix="window"))[0] == "window"


def test_a_required_phrase_without_room_is_named(runner):
    result = runner.run("the red stone is here", beam=5, max_length=2, required=["small quiet letter"])
    assert result.missing == ("small quiet letter",)
    assert result.text


def test_an_earlier_reply_is_replaced_by_another(runner):
    first = runner.run("the red stone is here", beam=5).text
    assert (
        runner.run("the red stone is here", beam=5, earlier_replies=[first], earlier_replies_penalty=50.0).text != first
    )


def test_many_texts_are_answered_in_their_order(runner):
    texts = ["the red stone is here", "the cold river is here", "the old song is here"]
    assert [result.text for result in runner.run_all(texts)] == [runner.run(text).text for text in texts]


@pytest.mark.parametrize("source", ["the red stone is here\nthe warm house is here", "the red stone is here. " * 9])
def test_each_text_of_a_stream_extends_the_one_before(runner, source):
    seen = list(runner.stream(source))
    assert seen[-1] == runner.run(source, beam=1).text
    assert [(a, b) for a, b in itertools.pairwise(seen) if not b.startswith(a)] == []


def test_a_beam_streams_the_words_its_hypotheses_agree_on(runner):
    seen = list(runner.stream("the warm house is here", beam=5))
    assert seen[-1] == runner.run("the warm house is here", beam=5).text
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(seen))


def test_a_seed_repeats_a_sample(runner):
    options = {"beam": 5, "n_best": 5, "sample": True, "temperature": 3.0}
    drawn = runner.run("the red stone is here", seed=1, **options).alternatives
    assert drawn == runner.run("the red stone is here", seed=1, **options).alternatives
    assert drawn != runner.run("the red stone is here", seed=2, **options).alternatives


def test_a_result_has_confidence_and_alignment(runner):
    result = runner.run("the red stone is here")
    (part,) = result.parts
    assert 0 < result.confidence <= 1
    assert len(part.log_probs) == len(part.target_tokens) + 1
    assert part.alignment == tuple(part.attention.argmax(axis=1))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"wide": 3}, "wide: not an option of a translation model; its options are beam, n_best"),
        ({"max_length": 1000}, "max_length must be at most 24, the limit of this bundle, got 1000"),
        (
            {"beam": 5, "required": ["red stone"], "banned": ["red"]},
            "'red stone' contains the banned phrase 'red'",
        ),
    ],
)
def test_wrong_settings_are_refused(runner, settings, said):
    with pytest.raises(UserError, match=said):
        runner.run("the red stone is here", **settings)


def test_options_and_single_fields_can_be_combined(runner):
    text, options = "the cold river is here", DecodingOptions(beam=5, n_best=2, max_length=9)
    assert runner.run(text, options).alternatives == runner.run(text, beam=5, n_best=2, max_length=9).alternatives
    assert len(runner.run(text, options, n_best=3).alternatives) == 3
    assert runner.options() == DecodingOptions(**runner.manifest.decoding)
    assert runner.options(n_best=3).beam == max(3, runner.manifest.decoding["beam"])


def test_required_phrases_need_a_single_segment(runner):
    with pytest.raises(UserError, match=r"has to be split into \d+ segments; send one sentence"):
        runner.run("the red stone is here\n" * 3, beam=5, required=["red"])


@pytest.fixture
def guarded(runner):
    """The runner with a guard that answers messages about rivers."""
    category = Category("water", {"en": "Mind the water."}, {"en": [" river "]}, {"en": [" cold river "]})
    return Seq2SeqRunner(runner.manifest, runner.model, runner.processor, runner.tokenizer, Guard([category]))


def test_a_guard_answers_before_the_model_with_a_note(guarded):
    result = guarded.run("The RIVER, is it here?", n_best=3, beam=5)
    assert (result.text, result.guard, result.parts) == ("Mind the water.", "water", ())
    assert result.as_json()["guard"] == "water"
    assert list(guarded.stream("the red river is here")) == ["Mind the water."]
    assert guarded.limited(Deadline(9)).run("the red river is here").guard == "water"


def test_the_model_answers_messages_that_the_guard_does_not_recognise(guarded):
    results = guarded.run_all(["the red stone is here", "the old river is here", "", "the cold river is here"])
    assert [result.text for result in results] == ["stone red", "Mind the water.", "", "river cold"]
    assert [result.guard for result in results] == [None, "water", None, None]
