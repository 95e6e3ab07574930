"""Local servers and clients."""

import json
import socket
import threading
import urllib.error
import urllib.request

import pytest

from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.serving.access import Access
from seq2edge.device.serving.limits import Limits
from seq2edge.device.serving.server import Server


@pytest.fixture(scope="session")
def runner(bundles):
    return load_runner(bundles / "int8")


@pytest.fixture
def start(runner):
    """Start a server for a runner, with limits."""
    started = []

    def start_one(served=None, access=Access(), **limits):
        server = Server(("127.0.0.1", 0), served or runner, Limits(**limits), access)
        thread = threading.Thread(target=server.run)
        thread.start()
        started.append((server, thread))
        return server

    yield start_one
    for server, _ in started:
        server.stop()
    for _, thread in started:
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def serve(start):
    """Start a server as `start` does, and return its address."""
    return lambda *arguments, **settings: start(*arguments, **settings).url


@pytest.fixture(scope="session")
def ask():
    """Send a request and return status and answer; without a body it is a GET."""

    def send(address, body=None, path="/run", method=None, headers=()):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(address + path, data, dict(headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, content = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read().decode()
        return status, json.loads(content) if content.startswith("{") else content

    return send


@pytest.fixture
def connect():
    """Open connections to the address of a server."""
    opened = []

    def open_one(address):
        host, port = address.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=20)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def hold(monkeypatch):
    """Block all answers. `entered` counts those that have started, and `go_on` releases them."""

    class Held:
        entered, go_on = threading.Semaphore(0), threading.Event()

    run_all = Seq2SeqRunner.run_all

    def slow(self, *arguments, **settings):
        Held.entered.release()
        assert Held.go_on.wait(20)
        return run_all(self, *arguments, **settings)

    monkeypatch.setattr(Seq2SeqRunner, "run_all", slow)
    yield Held
    Held.go_on.set()
