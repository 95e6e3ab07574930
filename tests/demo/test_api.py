"""The API of the page."""

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


def test_only_named_endpoints_are_offered_with_types_and_descriptions(client):
    offered = client.view_api(return_format="dict")["named_endpoints"]
    assert offered.keys() == {"/reply", "/translate", "/inspect"}
    for endpoint in offered.values():
        assert endpoint["description"]
        assert endpoint["parameters"][0]["parameter_name"] == "text"
        assert endpoint["parameters"][0]["python_type"]["type"] == "str"


def test_previous_continues_a_conversation(client):
    first = client.predict("tell me a joke", api_name="/reply")
    assert first["text"].startswith("Why was the decoder calm?")
    second = client.predict("another one", previous=first["previous"], api_name="/reply")
    assert "impasta" in second["text"]


def test_texts_are_translated_and_inspected(client):
    text = "the cold river is here"
    result = client.predict(text, n_best=3, api_name="/translate")
    assert result["text"] == result["alternatives"][0]["text"] == "river cold"
    assert client.predict("x", bundle="there-int8", api_name="/translate")["seconds"] > 0
    inspection = client.predict(text, bundle="there", beam=2, prefix="cold", api_name="/inspect")
    assert (inspection["source"], inspection["decided_by"]) == (text, "model")
    assert inspection["result"]["text"].startswith("cold")
    (part,) = inspection["parts"]
    assert len(part["attention"]) == len(part["target_tokens"])
    assert len(part["attention"][0]) == len(part["source_tokens"])
    assert part["trace"]["steps"]


def test_an_inspected_message_can_refer_to_the_previous_reply(client):
    joke = client.predict("tell me a joke", api_name="/reply")
    inspection = client.predict("another one", previous=joke["previous"], api_name="/inspect")
    assert "impasta" in inspection["result"]["text"]
    assert inspection["decided_by"] == "follow-up"
    assert inspection["source"] == "another one"


@pytest.mark.parametrize(("language", "said"), [("en", "nothing to answer"), ("ko", "아직 답할 내용이 없어요")])
def test_errors_are_in_the_language_of_the_request(address, language, said):
    client = Client(address, verbose=False, headers={"Accept-Language": language})
    with pytest.raises(AppError, match=said):
        client.predict(" ", api_name="/reply")


def test_an_unknown_bundle_is_refused_with_the_known_ones(client):
    with pytest.raises(AppError, match="There is no model “x”"):
        client.predict("a", bundle="x", api_name="/translate")


def test_gradio_keeps_no_record_of_past_requests(client, served_page):
    for _ in range(3):
        client.predict("hello", api_name="/reply")
    assert len(served_page._queue.event_analytics) <= 1
