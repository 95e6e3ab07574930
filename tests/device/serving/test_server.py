import signal
import subprocess
import sys
import threading
import urllib.request

import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import runner_of
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.serving.server import Server

SLOW = """
import os, time
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.serving.server import Server

def slow(self, sources, **settings):
    os.write(1, b"begun\\n")  # three threads at once: print() writes a line in two steps
    time.sleep(1)
    return []

Seq2SeqRunner.run_all = slow
server = Server(("127.0.0.1", 0), load_runner())
print(server.url, flush=True)
server.run()
print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def runner(shipped):
    return runner_of(shipped)


@pytest.fixture
def asking(ask):
    """Send requests in threads and collect their answers."""

    def send(address, number):
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(ask(address, {"text": "hello"}))) for _ in range(number)
        ]
        for thread in threads:
            thread.start()
        return answers, lambda: [thread.join(20) for thread in threads]

    return send


def test_an_unusable_address_is_refused(runner, serve):
    taken = int(serve().rpartition(":")[2])
    for address, message in {
        ("127.0.0.1", taken): f"cannot listen on 127.0.0.1:{taken}: Address already in use",
        ("no.such.host.invalid", 80): "cannot listen on no.such.host.invalid:80: ",
        ("203.0.113.1", 80): "cannot listen on 203.0.113.1:80: Cannot assign requested address",
        ("a" * 70, 80): "cannot listen on a",
        ("127.0.0.1", 70_000): "--port must be between 0 and 65535, got 70000",
    }.items():
        with pytest.raises(UserError) as raised:
            Server(address, runner)
        assert str(raised.value).startswith(message)
        assert "\n" not in str(raised.value)


def test_requests_in_progress_are_answered_on_shutdown(start, asking, hold):
    server = start()
    answers, wait = asking(server.url, 3)
    assert all(hold.entered.acquire(timeout=20) for _ in range(3))
    server.stop()
    while True:  # wait until the server accepts no more connections
        try:
            urllib.request.urlopen(f"{server.url}/health", timeout=20)
        except OSError:
            break
    hold.go_on.set()
    wait()
    assert [status for status, _ in answers] == [200, 200, 200]


def test_slow_requests_get_an_error_on_shutdown(start, asking, hold):
    server = start(drain=0.2)
    answers, wait = asking(server.url, 2)
    assert all(hold.entered.acquire(timeout=20) for _ in range(2))
    server.stop()
    wait()
    assert answers == [(503, {"error": "the server is shutting down"})] * 2


def test_requests_in_progress_survive_sigterm(shipped, asking):
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True) as process:
        try:
            answers, wait = asking(process.stdout.readline().strip(), 3)
            assert [process.stdout.readline() for _ in range(3)] == ["begun\n"] * 3
            process.send_signal(signal.SIGTERM)
            wait()
            assert answers == [(200, {"results": []})] * 3
            assert process.stdout.read() == "ended\n"
            assert process.wait(20) == 0
        finally:
            process.kill()


def work_until_stopped(runner, started, stopped):
    started.set()
    try:
        while True:
            runner.model.deadline.check()
    finally:
        stopped.set()


def ask_and_leave(connect, address, path, started):
    """Send a request, and disconnect when the work for it has started."""
    connection = connect(address)
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 13\r\n\r\n"
    connection.sendall(f'{head}{{"text": "a"}}'.encode())
    assert started.wait(20)
    connection.close()


def test_work_for_a_disconnected_client_stops(ask, serve, connect, monkeypatch):
    address, stopped, left = serve(max_concurrent_requests=1), threading.Event(), threading.Event()
    run_all = Seq2SeqRunner.run_all

    def without_end(self, *arguments, **settings):
        if left.is_set():
            return run_all(self, *arguments, **settings)
        work_until_stopped(self, left, stopped)

    monkeypatch.setattr(Seq2SeqRunner, "run_all", without_end)
    ask_and_leave(connect, address, "/run", left)
    assert stopped.wait(5)


def test_a_stream_for_a_disconnected_client_stops_before_its_first_text(serve, connect, monkeypatch):
    address, started, stopped = serve(), threading.Event(), threading.Event()

    def without_end(self, *arguments, **settings):
        work_until_stopped(self, started, stopped)
        yield ""

    monkeypatch.setattr(Seq2SeqRunner, "stream", without_end)
    ask_and_leave(connect, address, "/v1/stream", started)
    assert stopped.wait(5)


def test_fifty_concurrent_clients_get_answers(ask, serve):
    address, answers = serve(), []
    threads = [threading.Thread(target=lambda: answers.append(ask(address, {"text": "hello"}))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [status for status, _ in answers] == [200] * 50
    assert len({answer["results"][0]["text"] for _, answer in answers}) == 1
