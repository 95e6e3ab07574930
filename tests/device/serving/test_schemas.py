import jsonschema
import pytest

from seq2edge.device.runners.load import load_runner
from seq2edge.device.serving.schemas import request_schema

TEXT = "the red stone is here"


@pytest.fixture
def schema_of(ask):
    """The schemas of request and response that the server publishes for a route."""

    def read(address, path):
        described = ask(address, path="/openapi.json")[1]["paths"][path]["post"]
        bodies = (described["requestBody"], described["responses"]["200"])
        return [body["content"]["application/json"]["schema"] for body in bodies]

    return read


def test_answers_match_the_schema(ask, serve, schema_of):
    address = serve()
    for path, texts in (("/run", [TEXT, ""]), ("/v1/batch", [TEXT, "a" * 30_000])):
        asked, answered = schema_of(address, path)
        request = {"texts": texts, "beam": 5, "n_best": 2}
        jsonschema.validate(request, asked)
        jsonschema.validate(ask(address, request, path)[1], answered)


def test_the_schema_of_requests_has_the_options_of_the_runner(bundles, classifier_bundles):
    for folder in (bundles, classifier_bundles):
        runner = load_runner(folder / "int8")
        schema = request_schema(runner)
        assert list(schema["properties"]) == ["text", "texts", "previous", "attention", *runner.OPTIONS]
        defaults = {name: schema["properties"][name]["default"] for name in runner.OPTIONS}
        jsonschema.validate({"text": TEXT, **{name: as_json(value) for name, value in defaults.items()}}, schema)
        assert runner.options(**defaults) == runner.options()


def as_json(value):
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("wrong", [{"beam": 0}, {"beam": "5"}, {"spam": 1}, {"texts": ["a"]}, {"top_p": 0}])
def test_the_schema_refuses_wrong_requests(runner, wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"text": TEXT} | wrong, request_schema(runner))


def test_the_server_has_no_pages_that_load_scripts(ask, serve):
    address = serve()
    assert ask(address, path="/docs")[0] == ask(address, path="/redoc")[0] == 404
