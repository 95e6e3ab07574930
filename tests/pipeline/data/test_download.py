import hashlib
import http.server
import threading

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.download import download

CONTENT = b"source\ttarget\n" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, with ranges, and records the requests."""

    asked: list = []  # noqa: RUF012
    limit = len(CONTENT)  # bytes after which the connection breaks

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.asked.append(start)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.limit])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def address(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2EDGE_CACHE", str(tmp_path / "cache"))
    Handler.asked = []
    monkeypatch.setattr(Handler, "limit", len(CONTENT))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/pairs.tsv"
    server.shutdown()


def test_a_file_is_fetched_once_and_checked(address):
    path = download(address, SHA256)
    assert path.read_bytes() == CONTENT
    assert download(address, SHA256) == path
    assert Handler.asked == [0]


def test_the_licence_is_printed_before_the_download(address, capsys, monkeypatch):
    monkeypatch.setattr(Handler, "limit", 0)
    with pytest.raises(UserError, match="closed after 0 of 140,000 bytes"):
        download(address, SHA256, "CC0")
    assert capsys.readouterr().err.startswith(f"downloading {address} (0.1 MB); licence of the data: CC0\n")
    monkeypatch.setattr(Handler, "limit", len(CONTENT))
    download(address, SHA256, "CC0")
    capsys.readouterr()
    download(address, SHA256, "CC0")
    assert capsys.readouterr().err == ""


def test_a_partial_download_is_resumed(address):
    path = download(address, SHA256)
    path.rename(path.with_name("pairs.tsv.part"))
    part = path.with_name("pairs.tsv.part")
    part.write_bytes(CONTENT[:1000])
    assert download(address, SHA256).read_bytes() == CONTENT
    assert Handler.asked == [0, 1000]


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(address, tmp_path):
    with pytest.raises(UserError, match=f"sha256 is {SHA256}, but the recipe says 0000"):
        download(address, "0" * 64)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_an_unreachable_server_is_reported():
    with pytest.raises(UserError, match="download failed"):
        download("http://127.0.0.1:9/pairs.tsv", None)


def test_an_interrupted_download_is_not_taken_as_complete(address, monkeypatch):
    monkeypatch.setattr(Handler, "limit", 4000)
    with pytest.raises(UserError, match="closed after 4,000 of 140,000 bytes; try again"):
        download(address, None)
    monkeypatch.setattr(Handler, "limit", len(CONTENT))
    assert download(address, SHA256).read_bytes() == CONTENT
    assert Handler.asked == [0, 4000]


def test_a_file_without_a_checksum_is_fetched_as_a_whole(address, monkeypatch):
    monkeypatch.setattr(Handler, "limit", 4000)
    with pytest.raises(UserError, match="closed after 4,000 of 140,000 bytes"):
        download(address, None)  # the file may change on the server in the meantime
    monkeypatch.setattr(Handler, "limit", len(CONTENT))
    assert download(address, None).read_bytes() == CONTENT
    assert Handler.asked == [0, 0]


def test_the_query_of_a_url_is_not_part_of_the_file_name(address):
    assert download(f"{address}.gz?raw=true", SHA256).name == "pairs.tsv.gz"


def test_a_path_is_not_a_valid_url(address):
    with pytest.raises(UserError, match=r"example/pairs\.tsv: not a valid URL"):
        download("example/pairs.tsv", None)


@pytest.mark.parametrize(
    "url",
    ["http://[bad", "http://127.0.0.1:9/a%00b", "http://127.0.0.1:99999/x", "http://h/a b", "data:text/plain,x", "x"],
)
def test_an_invalid_url_is_refused_in_one_line(url, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2EDGE_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="not a valid URL") as error:
        download(url)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["http://me:hunter2@127.0.0.1:9/x", "http://me:hunter2@[bad", "http://me:hunter2@h:1x/"]
)
def test_passwords_in_urls_are_not_shown(url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEQ2EDGE_CACHE", str(tmp_path))
    with pytest.raises(UserError) as error:
        download(url)
    assert "hunter2" not in str(error.value) + "".join(capsys.readouterr())
