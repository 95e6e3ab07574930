import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.sources.archive import address, read_texts


def test_the_url_contains_the_commit():
    assert address("owner/name", "12ab") == "https://codeload.github.com/owner/name/tar.gz/12ab"


def test_wanted_texts_are_read_by_their_paths(write_archive):
    path = write_archive("a.tar.gz", {"a/b.md": "둘", "a/c.txt": "c", "d.md": "d"})
    assert read_texts(path, lambda name: name.endswith(".md")) == {"a/b.md": "둘", "d.md": "d"}


def test_a_damaged_archive_is_refused(write_archive):
    path = write_archive("a.tar.gz", {"a.md": "text " * 1000})
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UserError, match=r"a\.tar\.gz: cannot be read: .*; remove the file to download it again"):
        read_texts(path, bool)
