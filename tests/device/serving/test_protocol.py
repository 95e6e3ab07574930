import socket
import time

import pytest

from seq2edge.device.runners.load import runner_of

HEALTH = b"GET /health HTTP/1.1\r\nHost: here\r\n"
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture(scope="module")
def runner(shipped):
    return runner_of(shipped)


def everything(connection):
    """Read everything that a server sends until it closes the connection."""
    with connection.makefile("rb") as answer:
        return answer.read()


def test_incomplete_headers_time_out(serve, connect):
    address = serve(body_timeout=0.3)
    connection = connect(address)
    connection.sendall(b"GET /health HTTP/1.1\r\nHo")
    answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert answer.endswith(b'{"error": "the request took longer than 0.3 seconds to arrive"}')


def test_incomplete_headers_after_an_answer_time_out(serve, connect):
    connection = connect(serve(body_timeout=0.5))
    connection.sendall(HEALTH + b"\r\n" + HEALTH)
    answer = everything(connection)
    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 408") == 1


def test_a_client_that_keeps_sending_a_refused_body_is_disconnected(start, connect):
    server = start(body_timeout=0.3)
    connection = connect(server.url)
    connection.sendall(b"POST /run HTTP/1.1\r\nHost: here\r\nContent-Length: 8000000\r\n\r\n")
    answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


@pytest.mark.parametrize("head", [HEALTH.replace(b"1.1", b"1.0"), HEALTH + b"Connection: close\r\n"])
def test_a_connection_is_closed_if_the_client_asks_for_it(serve, connect, head):
    connection = connect(serve())
    connection.sendall(head + b"\r\n")
    assert everything(connection).startswith(b"HTTP/1.1 200")


def test_a_connection_can_send_many_requests(serve, connect):
    connection = connect(serve())
    connection.sendall(2 * (HEALTH + b"\r\n") + HEALTH + b"Connection: close\r\n\r\n")
    assert everything(connection).count(b"HTTP/1.1 200") == 3


def test_too_many_connections_are_refused(ask, serve, connect):
    address = serve(max_connections=2)
    first, second = connect(address), connect(address)
    for connection in (first, second):
        connection.sendall(HEALTH + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert ask(address, path="/health") == (503, {"error": "too many connections; try again later"})
    first.close()
    second.close()
    assert ask(address, path="/health")[0] == 200


def test_a_client_that_does_not_read_answers_is_disconnected(start):
    server = start(body_timeout=0.5)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        connection.sendall(LARGE * 2000)
        assert connection.recv(1)
        assert server.server.server_state.connections
        ends = time.monotonic() + 60
        while server.server.server_state.connections and time.monotonic() < ends:
            time.sleep(0.05)
        assert not server.server.server_state.connections
