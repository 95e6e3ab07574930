import json

import numpy as np
import pytest

from seq2edge.device.deadline import Deadline, TimeoutExceededError
from seq2edge.device.errors import UserError
from seq2edge.device.processors.text import MAX_CHARACTERS
from seq2edge.device.runners.load import load_runner

TEXT = "the cold river is here"


@pytest.fixture(scope="module")
def keras_runner(classifier_run):
    return classifier_run.runner()


@pytest.fixture(scope="module", params=["keras", "none", "int8"])
def runner(request, keras_runner, classifier_bundles):
    return keras_runner if request.param == "keras" else load_runner(classifier_bundles / request.param)


def test_the_result_is_a_label_with_its_probability(runner):
    result = runner.run(TEXT)
    assert result.text == "cold"
    assert result.alternatives == (("cold", result.score),)
    assert 0.5 < result.score == result.confidence <= 1


def test_labels_are_sorted_and_their_probabilities_sum_to_one(runner):
    result = runner.run(TEXT, n_best=1000)
    labels, probabilities = zip(*result.alternatives, strict=True)
    assert sorted(labels) == sorted(runner.manifest.classes)
    assert list(probabilities) == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    assert runner.run(TEXT, n_best=3).alternatives == result.alternatives[:3]


def test_attention_has_a_weight_for_each_token(runner):
    (part,) = runner.run(TEXT).parts
    assert part.target_tokens == ("cold",)
    assert part.attention.shape == (1, len(part.source_tokens))
    assert part.attention.sum() == pytest.approx(1, abs=1e-3)
    assert part.source_tokens[part.alignment[0]].strip("▁") in "cold"


def test_the_bundle_gives_the_labels_of_keras(keras_runner, classifier_bundles):
    texts = [TEXT, "the old table is here", "nothing that it knows", "the red stone is here " * 12]
    bundle = load_runner(classifier_bundles / "none")
    for ours, theirs in zip(keras_runner.run_all(texts, n_best=12), bundle.run_all(texts, n_best=12), strict=True):
        assert ours.text == theirs.text
        probabilities = dict(theirs.alternatives)
        temperatures = keras_runner.manifest.temperature, bundle.manifest.temperature
        if temperatures[0] == temperatures[1]:
            assert dict(ours.alternatives) == pytest.approx(probabilities, abs=1e-4)
        for part, other in zip(ours.parts, theirs.parts, strict=True):
            np.testing.assert_allclose(part.attention, other.attention, atol=1e-4)


def test_a_text_that_is_too_long_is_split_and_its_parts_are_averaged(runner):
    result = runner.run("the cold river is here " * 20, n_best=2)
    assert len(result.parts) > 1
    assert "longer than the model reads" in result.cut
    assert result.text == "cold"
    means = [np.exp(part.log_probs[0]) for part in result.parts if part.target_tokens == ("cold",)]
    assert min(means) <= result.score <= max(means)


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x00"])
def test_an_empty_text_is_refused_alone_and_empty_among_others(runner, text):
    with pytest.raises(UserError, match="the input is empty"):
        runner.run(text)
    with pytest.raises(UserError, match="the input is empty"):
        list(runner.stream(text))
    assert [result.text for result in runner.run_all([TEXT, text])] == ["cold", ""]


def test_too_many_characters_are_refused(runner):
    with pytest.raises(UserError, match=f"the text must have at most {MAX_CHARACTERS:,} characters, got 100,000"):
        runner.run("a" * 100_000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam": 5}, "beam: not an option of a classification model; its options are n_best"),
        ({"n_best": 0}, "n_best must be between 1 and 65,536, got 0"),
        ({"n_best": "3"}, "n_best must be an integer, got '3'"),
        ({"n_best": True}, "n_best must be an integer, got True"),
    ],
)
def test_wrong_options_are_refused(runner, options, message):
    with pytest.raises(UserError, match=message):
        runner.run(TEXT, **options)


def test_a_stream_has_the_label_and_json_has_the_probabilities(runner):
    assert list(runner.stream(TEXT)) == ["cold"]
    values = json.loads(json.dumps(runner.run(TEXT, n_best=2).as_json(attention=True)))
    assert values["alternatives"][0] == {"text": "cold", "score": values["confidence"]}
    assert len(values["parts"][0]["attention"][0]) == len(values["parts"][0]["source"])


def test_classification_stops_after_the_deadline(runner):
    assert runner.limited(Deadline(60)).run(TEXT).text == "cold"
    with pytest.raises(TimeoutExceededError, match="longer than 1e-09 seconds"):
        runner.limited(Deadline(1e-9)).run(TEXT)
