import json
import urllib.request

import pytest

from seq2edge.device.runners.load import runner_of
from seq2edge.device.serving.access import Access

BODY = b'{"text": "hello"}'
POST = b"POST /run HTTP/1.1\r\nHost: here\r\n"
KEY = "a key of ours"


@pytest.fixture(scope="module")
def runner(shipped):
    return runner_of(shipped)


def exchange(connection, request):
    """Send raw bytes and return status and JSON of the answer."""
    connection.sendall(request)
    head, body = b"", b""
    with connection.makefile("rb") as answer:
        while (line := answer.readline()).strip():
            head += line
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length"))
        body = answer.read(int(length.split(b":")[1]))
    return int(head.split()[1]), json.loads(body)


def test_slow_bodies_do_not_block_others_and_time_out(ask, serve, connect):
    address = serve(body_timeout=1.0, max_concurrent_requests=1)
    slow = [connect(address) for _ in range(32)]
    for connection in slow:
        connection.sendall(POST + b"Content-Length: 90000\r\n\r\n{")
    assert ask(address, {"text": "hello"})[0] == 200
    for connection in slow:
        status, answer = exchange(connection, b"")
        assert (status, answer) == (408, {"error": "the request took longer than 1 seconds to arrive"})
        assert connection.recv(1) == b""


def test_a_body_that_arrives_byte_by_byte_times_out(serve, connect):
    connection = connect(serve(body_timeout=0.5))
    connection.sendall(POST + b"Content-Length: 90000\r\n\r\n")
    connection.settimeout(0.1)
    answer = b""
    while not answer:
        connection.sendall(b" ")
        try:
            answer = connection.recv(100)
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY, 400),
        (POST + b"Content-Length: 17\r\nContent-Length: 18\r\n\r\n" + BODY, 400),
        (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 1e3\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (POST + b"\r\n", 411),
        (POST + b"Content-Length: 100001\r\n\r\n", 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n186a1\r\n" + b" " * 100_001 + b"\r\n0\r\n\r\n", 413),
        (b"GET /health HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"GET /health HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /" + b"a" * 100_000, 400),
    ],
)
def test_an_unclear_or_large_request_is_refused_and_counted(ask, serve, connect, request_, status):
    address = serve()
    found, answer = exchange(connect(address), request_)
    assert found == status
    assert isinstance(answer["error"], str)
    assert f'requests_total{{status="{status}"}} 1' in ask(address, path="/metrics")[1]


def test_a_chunked_body_is_answered(serve, connect):
    request = POST + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + BODY[:8] + b"\r\n9\r\n" + BODY[8:] + b"\r\n0\r\n\r\n"
    status, answer = exchange(connect(serve()), request)
    assert status == 200
    assert answer["results"][0]["text"]


def test_a_client_that_still_sends_a_large_body_gets_the_error(ask, serve):
    address = serve(access=Access(keys=(KEY,)))
    assert ask(address, b" " * 3_000_000, headers={"X-API-Key": KEY})[0] == 413
    assert ask(address, b" " * 3_000_000)[0] == 401


def test_a_key_is_needed(ask, serve, capfd):
    address = serve(access=Access(keys=("another", KEY)))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-API-Key": KEY[:-1]}):
        status, answer = ask(address, {"text": "hello"}, headers=headers)
        assert (status, answer) == (401, {"error": "missing or wrong API key; send Authorization: Bearer KEY"})
    for headers in ({"Authorization": f"Bearer {KEY}"}, {"X-API-Key": "another"}):
        assert ask(address, {"text": "hello"}, headers=headers)[0] == 200
    assert ask(address, path="/health")[0] == 200
    assert ask(address, path="/metrics")[0] == ask(address, path="/openapi.json")[0] == 401
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_requests_of_other_pages_are_refused(ask, serve, kind):
    address = serve()
    elsewhere = {"Origin": "https://evil.example", "Content-Type": kind}
    for headers in (elsewhere, elsewhere | {"Host": "evil.example"}):
        status, answer = ask(address, {"text": "hello"}, headers=headers)
        assert (status, answer) == (403, {"error": "pages of this origin are not allowed; see --cors"})
    for headers in ({"Content-Type": kind}, elsewhere | {"Origin": address}):
        assert ask(address, {"text": "hello"}, headers=headers)[0] == 200


def headers_of(address, method="POST", **headers):
    data = BODY if method == "POST" else None
    request = urllib.request.Request(f"{address}/run", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.status, response.headers


def test_only_pages_of_a_named_origin_can_read_the_answer(ask, serve):
    address = serve(access=Access(origins=("https://example.org",)))
    json_from = {"Content-Type": "application/json", "Origin": "https://example.org"}
    assert headers_of(address, **json_from)[1]["Access-Control-Allow-Origin"] == "https://example.org"
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        headers_of(address, **json_from | {"Origin": "https://evil.example"})
    assert refused.value.headers["Access-Control-Allow-Origin"] is None


def test_a_preflight_request_is_answered(ask, serve):
    address = serve(access=Access(keys=(KEY,), origins=("https://example.org",)))
    asking = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    status, headers = headers_of(address, "OPTIONS", **asking)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "https://example.org")
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    assert ask(address, method="OPTIONS", headers=asking | {"Origin": "https://evil.example"})[0] == 403
