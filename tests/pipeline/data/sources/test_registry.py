import gzip
from typing import get_args

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.sources import registry
from seq2edge.pipeline.data.sources.registry import SOURCES, Source, built_file
from seq2edge.pipeline.recipe_schema.data import Builder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2EDGE_CACHE", str(tmp_path))
    monkeypatch.setattr(registry, "download", lambda url, licence: tmp_path / f"{licence} {url}")
    return tmp_path


def test_recipes_can_name_every_source():
    assert set(get_args(Builder)) == set(SOURCES)


def test_every_source_is_pinned_to_a_commit():
    for source in SOURCES.values():
        assert all(len(address.rsplit("/", 1)[1]) == 40 for address in source.archives)


def test_the_first_use_writes_all_files(cache, monkeypatch):
    asked = []

    def build(archives):
        asked.extend(path.name for path in archives)
        return {"a.tsv.gz": [("하나", "one"), ("둘", "two")], "b.tsv.gz": [("셋", "three")]}

    monkeypatch.setitem(SOURCES, "tldr", Source(("one", "two"), build))
    assert gzip.decompress(built_file("tldr", "a.tsv.gz", "CC0").read_bytes()).decode() == "하나\tone\n둘\ttwo\n"
    assert gzip.decompress(built_file("tldr", "b.tsv.gz", "CC0").read_bytes()).decode() == "셋\tthree\n"
    assert asked == ["CC0 one", "CC0 two"]
    with pytest.raises(UserError, match=r"c\.tsv: not made by built_by = 'tldr'; it makes a\.tsv\.gz, b\.tsv\.gz"):
        built_file("tldr", "c.tsv", "CC0")


def test_a_failed_build_leaves_no_files(cache, monkeypatch):
    monkeypatch.setitem(SOURCES, "tldr", Source(("one",), lambda archives: {"a.tsv.gz": [("a", 1)]}))
    with pytest.raises(TypeError):
        built_file("tldr", "a.tsv.gz", "CC0")
    assert list(cache.iterdir()) == []
