import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.serving.access import Access


@pytest.fixture
def key_file(tmp_path):
    def write(text):
        path = tmp_path / "keys.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_line_of_a_file_is_a_key(key_file):
    access = Access.of(key_file("first\n\n  second  \n"), ())
    assert access.keys == ("first", "second")
    for headers in ({"authorization": "Bearer first"}, {"authorization": "bearer second"}, {"x-api-key": "second"}):
        assert access.has_key("/run", headers)
    for headers in ({}, {"authorization": "Bearer f"}, {"authorization": "Basic first"}, {"x-api-key": "ü"}):
        assert not access.has_key("/run", headers)
    assert access.has_key("/health", {})


def test_no_key_is_needed_by_default():
    assert Access().has_key("/run", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no key"),
        (" \n\n", "contains no key"),
        ("right\nnot right\n", "line 2 is not a key"),
        ("schlüssel\n", "line 1 is not"),
    ],
)
def test_a_file_without_keys_is_refused_in_one_line(key_file, text, message):
    with pytest.raises(UserError, match=message) as raised:
        Access.of(key_file(text), ())
    assert "right" not in str(raised.value)
    assert "schl" not in str(raised.value)


def test_a_missing_or_unreadable_key_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"missing\.txt: No such file or directory"):
        Access.of(tmp_path / "missing.txt", ())
    (tmp_path / "keys").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="keys: not a text file"):
        Access.of(tmp_path / "keys", ())


@pytest.mark.parametrize("origin", ["example.org", "https://example.org/", "https://*.example.org", "", "null"])
def test_wrong_origins_are_refused(origin):
    with pytest.raises(UserError, match=r"--cors must be \* or an origin"):
        Access.of(None, [origin])


def test_pages_of_this_server_and_of_named_origins_are_allowed():
    access = Access.of(None, ["https://example.org"])
    here = {"host": "localhost:8000"}
    assert access.allows_page(here)
    for origin in ("http://localhost:8000", "https://example.org", "https://Example.org"):
        assert access.allows_page(here | {"origin": origin})
    for origin in ("https://evil.example", "null", "http://[", "http://localhost", "https://example.org.evil.example"):
        assert not access.allows_page(here | {"origin": origin})
    assert Access.of(None, ["*"]).allows_page(here | {"origin": "null"})


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "192.168.1.5", "[::1]:8000", "localhost"])
def test_a_page_at_an_address_is_a_page_of_this_server(host):
    assert Access().allows_page({"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize("host", ["evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_name_that_can_be_pointed_to_this_machine_has_to_be_allowed(host):
    page = {"host": host, "origin": f"http://{host}"}
    assert not Access().allows_page(page)
    assert Access.of(None, [f"http://{host}"]).allows_page(page)
