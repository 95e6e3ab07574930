import dataclasses
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.result import EMPTY
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.evaluation.answers import Answer, AnswerRequest
from seq2edge.pipeline.evaluation.baseline import Baseline
from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate, evaluate_run
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric
from seq2edge.pipeline.evaluation.metrics.registry import METRICS
from seq2edge.pipeline.evaluation.scoring import score
from seq2edge.pipeline.evaluation.system import System
from seq2edge.pipeline.evaluation.tables import table


def test_a_run_is_scored_and_its_outputs_are_saved(trained_run, tmp_path):
    found = evaluate_run(trained_run, options=EvaluateOptions(tmp_path, quiet=True))
    assert found.scores["exact_match"] > 50
    kept = json.loads((tmp_path / "evaluation-test-tiny.json").read_text())
    assert kept["scores"] == found.scores
    lines = (tmp_path / "outputs-test-tiny.tsv").read_text().splitlines()
    assert len(lines) == 1 + len(found.answers)
    assert not list(tmp_path.glob("answers-*"))


def test_float32_has_the_outputs_and_perplexity_of_keras(trained_run, bundles, tmp_path):
    test_set = EvaluationSet.of_run(trained_run, "test")
    keras, float32 = (
        evaluate(System.open(path), test_set, EvaluateOptions(tmp_path, quiet=True))
        for path in (trained_run.path, bundles / "none")
    )
    assert keras.hypotheses == float32.hypotheses
    assert keras.scores["perplexity"] == pytest.approx(float32.scores["perplexity"], abs=0.01)


def test_perplexity_is_that_of_teacher_forcing(trained_run, tmp_path):
    found = evaluate_run(trained_run, "valid", EvaluateOptions(tmp_path, quiet=True)).scores["perplexity"]
    model, total, tokens = trained_run.model().training, 0.0, 0
    batches = Batches(trained_run.data.valid, collate_seq2seq, BatchOptions(batch_size=4, buckets=1))
    for inputs, target_ids in batches:
        logits = np.asarray(model.predict_on_batch(list(inputs)))
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        right = np.take_along_axis(log_probs, target_ids[..., None], -1)[..., 0]
        total -= right[target_ids != 0].sum()
        tokens += (target_ids != 0).sum()
    assert found == pytest.approx(np.exp(total / tokens), abs=0.02)


def test_options_of_the_search_can_be_tried_without_another_export(bundles, trained_run, tmp_path):
    system, test_set = System.open(bundles / "none"), EvaluationSet.of_run(trained_run, "valid")
    search = {"beam": 5, "length_penalty": 30.0, "max_ratio": 0.2, "shortlist": False, "all_items": True}
    found = evaluate(system, test_set, EvaluateOptions(tmp_path, search, quiet=True))
    asked = system.runner.run_all([example.source for example in test_set.expected], **search)
    assert found.hypotheses == [result.text for result in asked]
    assert found.hypotheses != evaluate(system, test_set, EvaluateOptions(tmp_path, {"beam": 5}, quiet=True)).hypotheses
    assert "sentences, beam 5, length penalty 30, max ratio 0.2, no shortlist, all items" in table([found])
    assert found.as_dict()["search"] == search


def test_a_wrong_option_of_the_search_is_refused(bundles, trained_run, tmp_path):
    system, test_set = System.open(bundles / "none"), EvaluationSet.of_run(trained_run, "valid")
    with pytest.raises(UserError, match="max_ratio must be greater than 0"):
        evaluate(system, test_set, EvaluateOptions(tmp_path, {"max_ratio": 0.0}, quiet=True))
    assert not list(tmp_path.iterdir())


class BrokenOffError(Exception):
    pass


def test_an_interrupted_evaluation_resumes(trained_run, bundles, tmp_path, monkeypatch):
    test_set = EvaluationSet.of_run(trained_run, "train")
    system = System.open(bundles / "none")
    whole = evaluate(system, test_set, EvaluateOptions(tmp_path / "whole", quiet=True))
    asked = []
    run_each = system.runner.run_each

    def stopping(texts, **settings):
        asked.append(len(texts))
        for number, found in enumerate(run_each(texts, **settings)):
            if number == 10 and len(asked) == 1:
                raise BrokenOffError
            yield found

    monkeypatch.setattr(system.runner, "run_each", stopping)
    with pytest.raises(BrokenOffError):
        evaluate(system, test_set, EvaluateOptions(tmp_path, quiet=True))
    again = evaluate(system, test_set, EvaluateOptions(tmp_path, quiet=True))
    assert asked == [len(test_set.expected), len(test_set.expected) - 10]
    assert again.hypotheses == whole.hypotheses
    assert again.scores == whole.scores


def test_answers_after_an_incomplete_line_are_saved_on_their_own_lines(trained_run, bundles, tmp_path):
    test_set = EvaluationSet.of_run(trained_run, "test")
    system = System.open(bundles / "none")
    whole = evaluate(system, test_set, EvaluateOptions(tmp_path / "whole", quiet=True))
    key = AnswerRequest(system, test_set, {"beam": 1}).key
    rows = [{"key": key}, {"index": 0, "text": "kept", "confidence": 1.0, "source_length": 3, "parts": []}]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = tmp_path / f"answers-test-none-{key[:12]}.jsonl"
    path.write_bytes(lines + '{"index": 1, "text": "문'.encode()[:-1])  # cut within a character
    again = evaluate(system, test_set, EvaluateOptions(tmp_path, {"beam": 1}, quiet=True))
    assert again.hypotheses == ["kept", *whole.hypotheses[1:]]
    path.write_bytes(lines + b"\xff\n")
    assert evaluate(system, test_set, EvaluateOptions(tmp_path, {"beam": 1}, quiet=True)).hypotheses == whole.hypotheses


def test_other_settings_of_a_run_are_another_system(trained_run, tmp_path):
    copy = shutil.copytree(trained_run.path, tmp_path / "copy")
    same = System.open(copy).key
    recipe = trained_run.recipe.to_toml().replace("length_penalty = 0.6", "length_penalty = 1.4")
    (copy / "recipe.toml").write_text(recipe, encoding="utf-8")
    assert (System.open(trained_run.path).key == same, System.open(copy).key == same) == (True, False)


def test_a_file_of_json_objects_has_source_and_target(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text('{"source": "the red stone", "target": "stone red"}\n', encoding="utf-8")
    assert EvaluationSet.of_file(path, "translation").expected == [Example("the red stone", ("stone red",))]
    path.write_text('["the red stone", "stone red"]\n', encoding="utf-8")
    assert EvaluationSet.of_file(path, "translation").expected == [Example("the red stone", ("stone red",))]


def test_references_of_a_file_are_normalised_as_training_data(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("a good film, café\n", encoding="utf-8")
    assert EvaluationSet.of_file(path, "classification").expected[0].references == ("café",)
    assert EvaluationSet.of_file(path, "code", ("NFC", "none")).expected[0].references == (" café",)


def test_two_evaluations_of_one_system_do_not_share_their_answers(trained_run, bundles, tmp_path):
    test_set, system = EvaluationSet.of_run(trained_run, "test"), System.open(bundles / "none")
    other = AnswerRequest(system, test_set, {"beam": 5})
    kept = tmp_path / f"answers-test-none-{other.key[:12]}.jsonl"
    kept.write_text(json.dumps({"key": other.key}) + "\n")
    evaluate(system, test_set, EvaluateOptions(tmp_path, quiet=True))
    assert kept.is_file()


def test_a_file_of_pairs_is_scored_including_empty_sources(bundles, tmp_path):
    path = tmp_path / "questions.tsv"
    path.write_text("the red stone is here\tstone red\n", encoding="utf-8")
    found = evaluate(
        System.open(bundles / "none"), EvaluationSet.of_file(path, "translation"), EvaluateOptions(tmp_path, quiet=True)
    )
    assert found.scores["exact_match"] == 100
    assert found.as_dict()["split"] == "questions"
    empty = EvaluationSet(
        "empty", "translation", [Example(" ", ("x",)), Example("the red stone is here", ("stone red",))]
    )
    assert evaluate(System.open(bundles / "none"), empty, EvaluateOptions(tmp_path, quiet=True)).hypotheses == [
        "",
        "stone red",
    ]


def test_a_file_without_pairs_is_refused(tmp_path):
    path = tmp_path / "none.tsv"
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"none\.tsv: the file contains no pairs"):
        EvaluationSet.of_file(path, "chat")


def test_scores_are_grouped_by_source_length():
    expected = [Example("s", ("right",))] * 8
    answers = [Answer("right" if length < 5 else "wrong", 1.0, length, []) for length in range(1, 9)]
    groups = score("x", EvaluationSet("t", "commands", expected), answers, {"beam": 1}).groups[
        "by source length in tokens"
    ]
    assert {name: values["exact_match"] for name, values in groups.items()} == {
        "1–2": 100,
        "3–4": 100,
        "5–6": 0,
        "7–8": 0,
    }


def test_each_domain_is_scored_separately():
    expected = [Example("s", ("right",), ("manual",)), Example("s", ("right",), ("talk",)), Example("s", ("right",))]
    answers = [Answer(text, 1.0, 1, []) for text in ("right", "wrong", "right")]
    found = score("x", EvaluationSet("t", "commands", expected), answers, {"beam": 1})
    assert found.scores["exact_match"] == pytest.approx(66.67, abs=0.01)
    domains = found.as_dict()["groups"]["by domain"]
    assert {name: (values["sentences"], values["exact_match"]) for name, values in domains.items()} == {
        "manual": (1, 100),
        "talk": (1, 0),
    }
    lines = [line.split() for line in table([found]).splitlines()]
    assert ["talk", "1"] in [line[:2] for line in lines]


def test_baselines_are_scored_on_each_domain_too():
    expected = [Example("a.txt", ("a.txt",), ("manual",)), Example("s", ("right",), ("talk",))]
    baselines = [Baseline("nearest neighbour", ["wrong", "right"]), Baseline("copy", ["a.txt", "s"])]
    test_set = EvaluationSet("t", "translation", expected, baselines)
    found = score("x", test_set, [Answer("right", 1.0, 1, [])] * 2, {"beam": 1})
    exact = {key: found.as_dict()[key]["by domain"]["manual"]["exact_match"] for key in ("nearest_neighbour", "copy")}
    assert exact == {"nearest_neighbour": 0, "copy": 100}
    lines = table([found]).splitlines()
    assert re.split("  +", lines[1])[1:] == ["x", "nearest neighbour", "copy"]
    assert [line for line in lines if line in ("x", "nearest neighbour", "copy")] == ["x", "nearest neighbour", "copy"]


def test_the_table_has_a_column_for_each_system():
    expected = [Example("s", ("right",))] * 4
    systems = [
        score(name, EvaluationSet("t", "chat", expected), [Answer(name, 1.0, 1, [])] * 4, {"beam": 1})
        for name in ("a", "right")
    ]
    lines = table(systems).splitlines()
    assert lines[1].split() == ["a", "right"]
    assert ["exact", "match", "%", "0.00", "100.00"] in [line.split() for line in lines]


class Labeller:
    """A classifier that labels every text as a greeting."""

    manifest = SimpleNamespace(task="classification")

    def run_each(self, texts):
        result = dataclasses.replace(EMPTY, text="greet", confidence=0.75, alternatives=(("greet", -0.3),))
        return ((number, result) for number in range(len(texts)))


@pytest.fixture
def labelled():
    """A classifier, and a set whose baseline labels every text as a joke."""
    expected = [Example("hi", ("greet",)), Example("hello", ("greet",)), Example("a pun", ("joke",))]
    test_set = EvaluationSet("test", "classification", expected, [Baseline("linear SVM", ["joke"] * 3)])
    return System("intents", Path("runs/intents"), Labeller(), "key"), test_set


def test_labels_are_scored_without_search_and_perplexity(labelled, tmp_path):
    found = evaluate(*labelled, EvaluateOptions(tmp_path, quiet=True))
    assert found.scores == {"sentences": 3, "accuracy": 66.67, "macro_f1": 40.0, "signatures": []}
    kept = json.loads((tmp_path / "evaluation-test-intents.json").read_text())
    assert kept["search"] == {}
    assert kept["linear_svm"]["accuracy"] == 33.33
    assert "nearest_neighbour" not in kept
    assert table([found]).splitlines()[:2] == ["intents: test set, 3 sentences", "            intents  linear SVM"]


def test_a_confusion_matrix_is_written_for_labels(labelled, tmp_path):
    evaluate(*labelled, EvaluateOptions(tmp_path, quiet=True))
    root = ElementTree.parse(tmp_path / "confusion-test-intents.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_a_beam_for_a_classifier_is_refused(labelled, tmp_path):
    with pytest.raises(UserError, match=r"runs/intents writes no text, so it has no search; leave out beam"):
        evaluate(*labelled, EvaluateOptions(tmp_path, {"beam": 5}, quiet=True))


def test_a_new_metric_needs_only_a_function_and_an_entry(trained_run, tmp_path, monkeypatch):
    def same_first_letter(hypotheses, expected):
        pairs = zip(hypotheses, expected, strict=True)
        return 100 * np.mean([text[:1] == example.references[0][:1] for text, example in pairs])

    monkeypatch.setitem(METRICS, "first_letter", Metric("first_letter", "first letter %", same_first_letter))
    task = TASKS["translation"]
    monkeypatch.setitem(TASKS, task.name, dataclasses.replace(task, metrics=(*task.metrics, "first_letter")))
    found = evaluate_run(trained_run, options=EvaluateOptions(tmp_path, quiet=True))
    assert found.scores["exact_match"] <= found.scores["first_letter"] <= 100
    kept = json.loads((tmp_path / "evaluation-test-tiny.json").read_text())
    assert kept["scores"]["first_letter"] == found.scores["first_letter"]
    assert re.search(rf"^first letter % +{found.scores['first_letter']:.2f} ", table([found]), re.MULTILINE)
