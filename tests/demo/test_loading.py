import shutil

from seq2edge.demo.app import build
from seq2edge.demo.components.cards import card, failed_card
from seq2edge.demo.loading import load
from seq2edge.demo.panels.about import about
from seq2edge.demo.panels.compare import comparable

NAME = "<b>same"


def test_bundles_with_equal_names_and_broken_bundles_are_listed(bundles, tmp_path):
    for parent in ("a", "b"):
        shutil.copytree(bundles / "none", tmp_path / parent / NAME)
    (tmp_path / "c" / NAME).mkdir(parents=True)
    shelf = load([tmp_path / "a" / NAME, tmp_path / "c" / NAME, tmp_path / "b" / NAME])
    assert [one.key for one in shelf.loaded] == [NAME, f"{NAME} (3)"]
    assert shelf[f"{NAME} (3)"].path == tmp_path / "b" / NAME
    (failed,) = shelf.failed
    assert (failed.key, "bundle.json is missing" in failed.reason) == (f"{NAME} (2)", True)
    for page in (failed_card(failed), card(shelf.loaded[0]), about(shelf.loaded[0])):
        assert "&lt;b&gt;same" in page
        assert "<b>" not in page
    assert "float32" in card(shelf.loaded[0])
    assert list(comparable(shelf).values()) == [list(shelf.loaded)]


def test_the_reverse_direction_is_found_by_the_languages(demo_bundles):
    shelf = load(demo_bundles)
    assert shelf.reverse_of(shelf["there"]).key == "back"
    assert shelf.reverse_of(shelf["back"]).key == "there"
    assert shelf.reverse_of(shelf["quickstart"]) is None
    assert [task.name for task in shelf.tasks()] == ["chat", "translation", "classification"]


def test_a_page_with_only_broken_bundles_starts(tmp_path):
    page = build(load([tmp_path]))
    assert not [one for one in page.fns.values() if one.api_visibility == "public"]
