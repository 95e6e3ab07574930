import http.client
import itertools
import json
import shutil
import threading

import pytest

from seq2edge.device.deadline import TimeoutExceededError
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner

TEXT = "the red stone is here"
SAMPLING = ("temperature", "top_k", "top_p")


def test_a_text_is_answered_as_by_the_runner(ask, serve, runner):
    status, answer = ask(serve(), {"text": TEXT})
    assert status == 200
    (result,) = answer["results"]
    assert result["text"] == runner.run(TEXT).text == "stone red"
    assert "parts" not in result


def test_several_texts_are_answered_in_order_with_options(ask, serve):
    body = {"texts": [TEXT, "", "the cold river is here"], "beam": 5, "n_best": 2, "attention": True}
    _, answer = ask(serve(), body)
    assert [result["text"] for result in answer["results"]] == ["stone red", "", "river cold"]
    assert len(answer["results"][0]["alternatives"]) == 2
    (part,) = answer["results"][0]["parts"]
    assert len(part["attention"]) == len(part["target"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "body is not valid JSON"),
        (b"[" * 50_000, "body is not valid JSON"),
        (["a"], "body is not a JSON object"),
        ({}, "exactly one of text (a string) and texts (a list of strings) is needed"),
        ({"text": "a", "texts": ["b"]}, "exactly one of text"),
        ({"text": 5}, "text must be a string"),
        ({"texts": []}, "the number of texts must be between 1 and 100, got 0"),
        ({"text": "a", "beam": "5"}, "beam must be an integer, got '5'"),
        (
            {"text": "a", "beam": True, "sample": 1},
            "beam must be an integer, got True; sample must be true or false, got 1",
        ),
        ({"text": "a", "required": "b"}, "required must be a list of strings, got 'b'"),
        ({"text": "a", "spam": [1]}, "spam: unknown field; the fields are text, texts, previous, attention, beam"),
        ({"text": "a", "beam": 50}, "beam must be at most 5, the limit of this bundle, got 50"),
        ({"text": "a", "beam": 2, "n_best": 3}, "n_best must be at most beam = 2, got 3"),
        ({"text": "a" * 30_000}, "at most 20,000 characters, got 30,000"),
        (b'{"text": "a", "beam": ' + b"[" * 900 + b"]" * 900 + b"}", "beam must be a single value"),
        ({"text": "a", "required": ["b"] * 3000}, "required must have at most 100 phrases, got 3,000"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(ask, serve, body, message):
    status, answer = ask(serve(), body)
    assert status == 400
    assert message in answer["error"]


def test_large_and_slow_requests_are_refused(ask, serve):
    assert ask(serve(max_body_bytes=50), {"text": "a" * 100})[0] == 413
    long = {"text": "a" * 6, "banned": ["b", "c" * 4]}
    assert ask(serve(max_characters=10), long) == (400, {"error": "the texts must have at most 10 characters, got 11"})
    status, answer = ask(serve(timeout=1e-6), {"text": TEXT, "beam": 5})
    assert status == 503
    assert "the request took longer than 1e-06 seconds" in answer["error"]


def test_too_many_concurrent_requests_are_refused(ask, serve, hold):
    address = serve(max_concurrent_requests=1)
    first = threading.Thread(target=ask, args=(address, {"text": TEXT}))
    first.start()
    assert hold.entered.acquire(timeout=20)
    assert ask(address, {"text": TEXT}) == (503, {"error": "too many concurrent requests; try again later"})
    assert ask(address, path="/health")[0] == 200
    hold.go_on.set()
    first.join()
    assert ask(address, {"text": TEXT})[0] == 200


def test_health_and_metrics_are_served_and_other_paths_refused(ask, serve):
    address = serve()
    answered = ask(address, path="/health")
    assert answered == (200, {"status": "ok", "bundle": "tiny", "task": "translation"})
    ask(address, {"texts": [TEXT, TEXT]})
    ask(address, b"{")
    status, metrics = ask(address, path="/metrics")
    assert status == 200
    assert 'seq2edge_requests_total{status="200"} 2' in metrics
    assert 'seq2edge_requests_total{status="400"} 1' in metrics
    assert "seq2edge_texts_total 2" in metrics
    assert "seq2edge_peak_memory_megabytes" in metrics
    assert ask(address, path="/")[0] == ask(address, {}, path="/")[0] == 404
    status, answer = ask(address, path="/run")
    assert (status, answer["error"].split(";")[0]) == (405, "method not allowed")


def test_a_classifier_answers_with_labels(ask, serve, classifier_bundles):
    address = serve(load_runner(classifier_bundles / "int8"))
    status, answer = ask(address, {"texts": ["the cold river is here", ""], "n_best": 3, "attention": True})
    assert status == 200
    result, empty = answer["results"]
    assert (result["text"], empty["text"]) == ("cold", "")
    assert result["alternatives"][0]["text"] == "cold"
    assert 1 >= result["confidence"] == result["alternatives"][0]["score"] > result["alternatives"][2]["score"]
    assert len(result["parts"][0]["attention"][0]) == len(result["parts"][0]["source"])
    assert ask(address, path="/health")[1]["task"] == "classification"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "a", "beam": 5}, "beam: unknown field; the fields are text, texts, previous, attention, n_best"),
        ({"text": "a", "n_best": 0}, "n_best must be between 1 and 65,536, got 0"),
        ({"text": "a", "n_best": "all"}, "n_best must be an integer, got 'all'"),
    ],
)
def test_a_classifier_refuses_options_it_does_not_have(ask, serve, classifier_bundles, body, message):
    status, answer = ask(serve(load_runner(classifier_bundles / "int8")), body)
    assert (status, answer["error"]) == (400, message)


def test_a_classifier_stops_at_the_timeout(ask, serve, classifier_bundles):
    address = serve(load_runner(classifier_bundles / "int8"), timeout=1e-6)
    assert ask(address, {"text": "the cold river is here"})[0] == 503


def test_a_text_is_inspected(ask, serve, runner):
    address = serve()
    status, answer = ask(address, {"text": TEXT, "beam": 5}, path="/v1/inspect")
    assert status == 200
    assert (answer["decided_by"], answer["model_text"]) == ("model", runner.run(TEXT, beam=5).text)
    (part,) = answer["parts"]
    assert len(part["word_attention"]) == len(part["target_words"])
    assert len(part["trace"]["steps"][0]["live"]) == 5


def test_requests_that_cannot_be_inspected_are_refused(ask, serve, classifier_bundles):
    status, answer = ask(serve(), {"texts": [TEXT, TEXT]}, path="/v1/inspect")
    assert (status, answer["error"]) == (400, "only one text can be inspected at a time")
    classifier = serve(load_runner(classifier_bundles / "int8"))
    status, answer = ask(classifier, {"text": TEXT}, path="/v1/inspect")
    assert (status, answer["error"]) == (400, "a classification model has no search to inspect")


def test_results_equal_those_of_the_runner(ask, serve, runner):
    texts, settings = [TEXT, "", "the cold river is here"], {"beam": 5, "n_best": 3}
    _, answer = ask(serve(), {"texts": texts, "attention": True, **settings})
    expected = [result.as_json(attention=True) for result in runner.run_all(texts, **settings)]
    assert without_seconds(answer["results"]) == without_seconds(json.loads(json.dumps(expected)))


def without_seconds(results):
    return [{name: value for name, value in result.items() if name != "seconds"} for result in results]


@pytest.mark.parametrize("value", [0, -1, 1e308, 10**400, float("inf"), float("nan"), "a", True, None, [], {}])
def test_wrong_values_of_options_are_never_internal_errors(ask, serve, runner, value):
    address = serve()
    for name in runner.OPTIONS:
        status, answer = ask(
            address, {"text": TEXT, "beam": 5, "sample": name in ("temperature", "top_k"), name: value}
        )
        assert status in (200, 400), (name, answer)


def test_a_lone_surrogate_is_answered(ask, serve):
    for path in ("/run", "/v1/inspect", "/v1/batch"):
        assert ask(serve(), b'{"text": "\\ud800 stone", "beam": 5}', path)[0] == 200


def test_head_has_the_headers_of_get(serve):
    connection = http.client.HTTPConnection(serve().removeprefix("http://"), timeout=20)
    heads = {}
    for method in ("GET", "HEAD"):
        connection.request(method, "/health")
        response = connection.getresponse()
        heads[method] = (response.status, response.headers["Content-Length"], response.headers["Content-Type"])
        assert bool(response.read()) == (method == "GET")
    assert heads["GET"] == heads["HEAD"]


def test_a_batch_has_an_entry_for_each_text(ask, serve, runner):
    body = {"texts": [TEXT, 5, "a" * 30_000, "", "the cold river is here"], "beam": 5}
    status, answer = ask(serve(), body, path="/v1/batch")
    assert status == 200
    assert answer["failed"] == 2
    good, number, long, empty, other = answer["results"]
    assert (good["text"], empty["text"], other["text"]) == ("stone red", "", "river cold")
    assert number == {"error": "text must be a string, and texts a list of strings"}
    assert "at most 20,000 characters, got 30,000" in long["error"]


def test_a_batch_is_bounded_and_its_options_are_checked(ask, serve):
    address = serve()
    assert ask(address, {"texts": ["a"] * 1001}, "/v1/batch") == (
        400,
        {"error": "the number of texts must be between 1 and 1000, got 1001"},
    )
    status, answer = ask(address, {"texts": ["a"], "beam": 50}, "/v1/batch")
    assert status == 400
    assert "beam must be at most 5, the limit of this bundle" in answer["error"]


def test_texts_of_a_batch_that_time_out_get_an_error(ask, serve):
    status, answer = ask(serve(timeout=1e-6), {"texts": [TEXT, TEXT]}, "/v1/batch")
    assert (status, answer["failed"]) == (200, 2)
    assert answer["results"][0] == {"error": "the request took longer than 1e-06 seconds"}


def events(stream):
    """Parse server-sent events into names and data."""
    for block in stream.strip().split("\n\n"):
        name, data = block.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_stream_only_grows_and_ends_with_the_result(ask, serve, runner):
    status, stream = ask(serve(), {"text": TEXT}, "/v1/stream")
    assert status == 200
    *growing, (name, result) = events(stream)
    texts = [values["text"] for _, values in growing]
    assert {kind for kind, _ in growing} == {"text"}
    assert len(texts) > 1
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert (name, texts[-1]) == ("result", result["text"])
    assert result["text"] == runner.run(TEXT, beam=1).text


def test_a_stream_never_retracts_text(ask, serve, bundles, change_manifest, tmp_path):
    folder = shutil.copytree(bundles / "int8", tmp_path / "unsure")
    change_manifest(folder, fallback={"threshold": 0.0, "replies": {"en": "pardon?"}})
    _, stream = ask(serve(load_runner(folder)), {"text": TEXT}, "/v1/stream")
    (first, growing), (last, result) = events(stream)
    assert (first, growing, last, result["text"]) == ("text", {"text": "pardon?"}, "result", "pardon?")


def test_a_stream_that_cannot_start_has_an_error_status(ask, serve):
    address = serve()
    assert ask(address, {"text": ""}, "/v1/stream") == (400, {"error": "the input is empty"})
    assert ask(address, {"texts": ["a", "b"]}, "/v1/stream") == (
        400,
        {"error": "only one text can be streamed at a time"},
    )
    assert ask(serve(timeout=1e-6), {"text": TEXT}, "/v1/stream")[0] == 503


def test_a_failing_stream_ends_with_the_error(ask, serve, monkeypatch):
    def breaks_off(self, *arguments, **settings):
        yield "the"
        raise TimeoutExceededError("too slow")

    monkeypatch.setattr(Seq2SeqRunner, "stream", breaks_off)
    _, stream = ask(serve(), {"text": TEXT}, "/v1/stream")
    assert list(events(stream)) == [("text", {"text": "the"}), ("error", {"error": "too slow"})]


def test_internal_errors_do_not_reveal_the_text(ask, serve, monkeypatch, capsys):
    def fails(self, sources, **settings):
        raise KeyError(sources[0])

    monkeypatch.setattr(Seq2SeqRunner, "run_all", fails)
    address = serve()
    assert ask(address, {"text": TEXT}) == (500, {"error": "internal error"})
    assert 'requests_total{status="500"} 1' in ask(address, path="/metrics")[1]
    shown = capsys.readouterr().err
    assert "internal error: KeyError" in shown
    assert "test_app.py" in shown
    assert TEXT not in shown


def test_requests_are_not_logged(ask, serve, capfd):
    address = serve()
    ask(address, {"text": TEXT})
    ask(address, {"text": TEXT, "spam": 1})
    ask(address, {"text": TEXT}, "/v1/stream")
    assert capfd.readouterr() == ("", "")
