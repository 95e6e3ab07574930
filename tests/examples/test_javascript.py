"""The JavaScript client in Node and in a web page."""

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seq2edge.device.runners.load import runner_of
from seq2edge.device.serving.access import Access
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.server import Server

FOLDER = Path(__file__).parents[2] / "examples" / "javascript"
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
JOKE = "Why was the decoder calm? It paid attention."
ANOTHER = "What do you call a fake noodle? An impasta."
needs_node = pytest.mark.skipif(not NODE, reason="node is not installed")

CUT = 'event: text\ndata: {"text": "안녕"}\n\nevent: text\ndata: {"text": "안녕하세요"}\n\n'
STREAMS = {
    "result": CUT + 'event: result\ndata: {"text": "안녕하세요", "score": -0.5}\n\n',
    "error": CUT + 'event: error\ndata: {"error": "too late"}\n\n',
    "ended": CUT,
}


@pytest.fixture(scope="module")
def pages():
    """Serve the folder of the example over HTTP, from another origin than the server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=FOLDER)) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def served(bundle, access):
    """The address of a server of a bundle."""
    server = Server(("127.0.0.1", 0), runner_of(bundle), Limits(), access)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(20)


@pytest.fixture(scope="module")
def address(shipped, pages):
    """A server of the installed chatbot that allows requests of the pages."""
    with served(shipped, Access(origins=(pages,))) as url:
        yield url


@pytest.fixture
def stub():
    """A server whose streams arrive one byte at a time, so that characters and events are cut."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
            self.send_response(200)
            self.end_headers()
            for byte in STREAMS[text].encode():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def node(program, address, settings="{}"):
    """Run a program with a `client` of the server, and return the JSON values it prints."""
    text = f"""
    import {{ Client }} from "{FOLDER / "client.mjs"}";
    const client = new Client("{address}", {settings});
    {program}
    """
    done = subprocess.run([NODE, "--input-type=module", "-e", text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_node
def test_run_and_batch_return_answers(address):
    program = """
    const joke = await client.run("tell me a joke", { beam: 5, n_best: 2 });
    const next = await client.run("another one", { previous: joke.previous });
    console.log(JSON.stringify([joke.text, joke.alternatives.length, next.text]));
    console.log(JSON.stringify(await client.batch(["good morning", "a".repeat(30000), "심심해"])));
    """
    conversation, batch = node(program, address)
    assert conversation == [JOKE, 2, ANOTHER]
    assert [bool(entry.get("error")) for entry in batch] == [False, True, False]


@needs_node
def test_errors_have_the_status_and_message_of_the_server(address):
    program = """
    await client.run("hello", { beem: 5 }).catch((error) => console.log(JSON.stringify([error.status, error.message])));
    """
    ((status, message),) = node(program, address)
    assert status == 400
    assert message.startswith("beem: unknown field")


@needs_node
def test_a_key_is_sent(shipped):
    program = """
    await client.run("hello").then(() => 200, (error) => error.status).then((status) => console.log(status));
    """
    with served(shipped, Access(keys=("secret",))) as url:
        assert node(program, url, '{ key: "secret" }') == [200]
        assert node(program, url) == [401]


@needs_node
def test_a_stream_ends_with_the_result(address):
    program = 'for await (const answer of client.stream("tell me a joke")) console.log(JSON.stringify(answer));'
    *growing, result = node(program, address)
    assert growing == [{"text": JOKE}]
    assert result["text"] == JOKE
    assert result["score"] < 0


@needs_node
@pytest.mark.parametrize(
    ("kind", "last"),
    [("result", "안녕하세요"), ("error", "too late"), ("ended", "the connection ended before the result")],
)
def test_a_stream_can_arrive_in_any_chunks(stub, kind, last):
    program = f"""
    try {{
      for await (const answer of client.stream("{kind}")) console.log(JSON.stringify(answer.text));
    }} catch (error) {{
      console.log(JSON.stringify(error.message));
    }}
    """
    assert node(program, stub) == ["안녕", "안녕하세요", last]


@needs_node
def test_the_example_in_the_serving_guide_runs(address):
    page = (FOLDER.parents[1] / "docs" / "serving.md").read_text(encoding="utf-8")
    program = re.search(r"```js\n(.*?)```", page, re.DOTALL)[1].replace("http://127.0.0.1:8000", address)
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program], cwd=FOLDER, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    greeting, joke, _, *story = done.stdout.splitlines()
    assert greeting.startswith("Good morning!")
    assert joke == JOKE
    assert story


@needs_node
def test_the_filter_answers_line_by_line(address):
    lines = ["good morning"] * 99 + ["", "a" * 30000, "tell me a joke"]
    done = subprocess.run(
        [NODE, FOLDER / "lines.mjs", address], input="\n".join(lines), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    assert (answers[99], answers[100], answers[101]) == ("", "", JOKE)
    assert done.stderr.startswith("line 101: ")


@needs_node
def test_long_lines_are_sent_in_smaller_batches(address):
    lines = ["안녕하세요 " * 300] * 99 + ["tell me a joke"]  # 5 kB each
    done = subprocess.run(
        [NODE, FOLDER / "lines.mjs", address], input="\n".join(lines), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    assert all(answers)
    assert answers[-1] == JOKE


@needs_node
def test_the_lines_of_a_refused_batch_are_empty(address):
    lines = ["good morning", "a" * 200_000, "tell me a joke"]
    done = subprocess.run(
        [NODE, FOLDER / "lines.mjs", address], input="\n".join(lines), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert [bool(answer) for answer in done.stdout.splitlines()] == [True, False, True]
    assert done.stderr.startswith("line 2: ")


@pytest.mark.slow
def test_the_page_holds_a_conversation(address, pages):
    if not CHROMIUM:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as runtime:
        browser = runtime.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"{pages}/chat.html?server={address}")
        for message in ("tell me a joke", "another one"):
            page.get_by_label("Message").fill(message)
            page.get_by_role("button").click()
            page.wait_for_function("document.querySelector('button').disabled === false", timeout=20000)
        assert page.get_by_role("log").locator("p").all_inner_texts()[1::2] == [JOKE, ANOTHER]
        browser.close()
