import gzip
import hashlib

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data import locate as module
from seq2edge.pipeline.data.locate import Wanted, locate

CONTENT = b"source\ttarget\n" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2EDGE_DATA", str(tmp_path))
    return tmp_path


def test_the_data_folder_is_searched_first(data):
    (data / "pairs.tsv").write_bytes(CONTENT)
    wanted = Wanted("pairs.tsv", "http://127.0.0.1:9/pairs.tsv", SHA256)
    assert locate(wanted, None) == data / "pairs.tsv"
    (data / "pairs.tsv").write_bytes(b"other")
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(UserError, match=rf"pairs\.tsv: sha256 is {other}, but the recipe says {SHA256}$"):
        locate(wanted, None)


def test_a_missing_file_names_the_places_searched(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQ2EDGE_DATA", raising=False)
    with pytest.raises(UserError, match=r"no\.tsv: no such file; looked in"):
        locate(Wanted("no.tsv"), tmp_path)


def test_a_missing_file_is_built_and_its_content_is_checked(data, monkeypatch):
    def built_file(source, name, licence):
        assert (source, name, licence) == ("tldr", "pairs.tsv.gz", "CC BY 4.0")
        with gzip.open(data / "cached.tsv.gz", "wb") as file:  # its bytes depend on the time
            file.write(CONTENT)
        return data / "cached.tsv.gz"

    monkeypatch.setattr(module, "built_file", built_file)
    wanted = Wanted("folder/pairs.tsv.gz", None, SHA256, "tldr", "CC BY 4.0")
    assert locate(wanted, None) == data / "cached.tsv.gz"
    with pytest.raises(UserError, match=f"sha256 of its content is {SHA256}, but the recipe says 0000"):
        locate(Wanted(wanted.name, None, "0" * 64, "tldr", "CC BY 4.0"), None)


def test_devices_are_refused():
    with pytest.raises(UserError, match=r"^/dev/zero must be a regular file, got a device or a pipe$"):
        locate(Wanted("/dev/zero"), None)


def test_a_url_in_place_of_a_path_is_shown_without_its_password():
    with pytest.raises(UserError, match=r"^https://127.0.0.1/a.zip: no such file"):
        locate(Wanted("https://user:secret@127.0.0.1/a.zip"), None)
