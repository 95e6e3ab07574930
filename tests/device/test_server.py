import json
import threading
import urllib.error
import urllib.request

import pytest

from seq2edge.device.limits import Limits
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.server import Server

TEXT = "the red stone is here"


@pytest.fixture(scope="module")
def runner(bundles):
    return load_runner(bundles / "int8")


@pytest.fixture
def serve(runner):
    """Start a server of a runner with some limits; its address."""
    started = []

    def start(served=runner, **limits):
        server = Server(("127.0.0.1", 0), served, Limits(**limits))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def ask(address, body=None, path="/run"):
    """Status and answer of a request; without a body it is a GET."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, data), timeout=30) as response:
            status, content = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read().decode()
    return status, json.loads(content) if content.startswith("{") else content


def test_it_answers_a_text_as_the_runner_does(serve, runner):
    status, answer = ask(serve(), {"text": TEXT})
    assert status == 200
    (result,) = answer["results"]
    assert result["text"] == runner.run(TEXT).text == "stone red"
    assert "parts" not in result


def test_it_answers_many_texts_in_their_order_with_settings(serve):
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
        ({"texts": []}, "0 texts, allowed are 1 to 100"),
        ({"text": "a", "beam": "5"}, "beam is '5', expected int"),
        ({"text": "a", "beam": True, "sample": 1}, "beam is True, expected int; sample is 1, expected bool"),
        ({"text": "a", "required": "b"}, "required is 'b', expected a list of strings"),
        ({"text": "a", "spam": [1]}, "spam: unknown field; allowed are text, texts, previous, attention, beam"),
        ({"text": "a", "beam": 50}, "the bundle offers beam sizes 1, 5"),
        ({"text": "a", "beam": 2, "n_best": 3}, "n_best is 3"),
        ({"text": "a" * 30_000}, "30,000 characters"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(serve, body, message):
    status, answer = ask(serve(), body)
    assert status == 400
    assert message in answer["error"]


def test_what_is_too_large_or_too_slow_is_refused(serve):
    assert ask(serve(max_body_bytes=50), {"text": "a" * 100})[0] == 413
    status, answer = ask(serve(timeout=1e-6), {"text": TEXT, "beam": 5})
    assert status == 503
    assert "the request took longer than 1e-06 seconds" in answer["error"]


def test_more_at_once_than_allowed_are_told_to_come_back(serve, runner, monkeypatch):
    address = serve(max_concurrent_requests=1)
    entered, go_on = threading.Event(), threading.Event()
    run_all = Seq2SeqRunner.run_all

    def slow(self, *arguments, **settings):
        entered.set()
        go_on.wait(10)
        return run_all(self, *arguments, **settings)

    monkeypatch.setattr(Seq2SeqRunner, "run_all", slow)
    first = threading.Thread(target=ask, args=(address, {"text": TEXT}))
    first.start()
    assert entered.wait(10)
    assert ask(address, {"text": TEXT})[0] == 503
    go_on.set()
    first.join()
    assert ask(address, {"text": TEXT})[0] == 200


def test_health_metrics_and_other_paths(serve):
    address = serve()
    assert ask(address, path="/health") == (200, {"status": "ok", "bundle": "tiny", "task": "translation"})
    ask(address, {"texts": [TEXT, TEXT]})
    ask(address, b"{")
    status, metrics = ask(address, path="/metrics")
    assert status == 200
    assert 'seq2edge_requests_total{status="200"} 2' in metrics
    assert 'seq2edge_requests_total{status="400"} 1' in metrics
    assert "seq2edge_texts_total 2" in metrics
    assert "seq2edge_peak_memory_megabytes" in metrics
    assert ask(address, path="/")[0] == ask(address, {}, path="/")[0] == 404


def test_a_classifier_answers_with_labels(serve, classifier_bundles):
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
        ({"text": "a", "beam": 5}, "beam: unknown field; allowed are text, texts, previous, attention, n_best"),
        ({"text": "a", "n_best": 0}, "n_best is 0, allowed is 1 to 65,536"),
        ({"text": "a", "n_best": "all"}, "n_best is 'all', expected int"),
    ],
)
def test_a_classifier_refuses_what_it_does_not_have(serve, classifier_bundles, body, message):
    status, answer = ask(serve(load_runner(classifier_bundles / "int8")), body)
    assert (status, answer["error"]) == (400, message)


def test_a_classifier_stops_in_time(serve, classifier_bundles):
    address = serve(load_runner(classifier_bundles / "int8"), timeout=1e-6)
    assert ask(address, {"text": "the cold river is here"})[0] == 503


def test_a_text_is_inspected(serve, runner):
    address = serve()
    status, answer = ask(address, {"text": TEXT, "beam": 5}, path="/v1/inspect")
    assert status == 200
    assert (answer["decided_by"], answer["model_text"]) == ("model", runner.run(TEXT, beam=5).text)
    (part,) = answer["parts"]
    assert len(part["word_attention"]) == len(part["target_words"])
    assert len(part["trace"]["steps"][0]["live"]) == 5


def test_what_cannot_be_inspected_is_refused(serve, classifier_bundles):
    status, answer = ask(serve(), {"texts": [TEXT, TEXT]}, path="/v1/inspect")
    assert (status, answer["error"]) == (400, "one text is inspected at a time")
    classifier = serve(load_runner(classifier_bundles / "int8"))
    status, answer = ask(classifier, {"text": TEXT}, path="/v1/inspect")
    assert (status, answer["error"]) == (400, "a classification model has no search to inspect")
