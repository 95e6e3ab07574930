import json
import shutil

import pytest

from seq2edge.demo import loading
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


def test_a_fault_of_ours_is_shown_on_the_card_and_the_other_bundles_are_served(shipped, tmp_path, monkeypatch, capsys):
    load_runner = loading.load_runner

    def load_faulty(path, **settings):
        return load_runner(path, **settings) if path == shipped.path else {}["zzz"]

    monkeypatch.setattr(loading, "load_runner", load_faulty)
    shelf = load([tmp_path / "bad", shipped.path])
    assert [one.key for one in shelf.loaded] == ["quickstart"]
    (failed,) = shelf.failed
    assert "bad: internal error" in failed_card(failed)
    assert "KeyError: 'zzz'" in capsys.readouterr().err
    build(shelf)


@pytest.mark.parametrize("scores", [{"bundle": [1]}, {"bundle": {"exact_match": "9", "bleu": True, "chrf": 10**400}}])
def test_scores_that_are_no_numbers_are_not_shown(shipped, tmp_path, change_manifest, scores):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    change_manifest(bundle, scores=scores)
    shelf = load([bundle])
    assert shelf.loaded[0].scores == {}
    assert "no score" in card(shelf.loaded[0])
    build(shelf)


def test_a_link_to_itself_is_listed_as_a_broken_bundle(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "link")
    (failed,) = load([tmp_path / "link"]).failed
    assert failed.key == "link"


def test_texts_that_no_page_can_have_are_refused(shipped, tmp_path, change_manifest):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    values = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    (bundle / "bundle.json").write_text(json.dumps(values | {"licence": "\ud800"}), encoding="utf-8")
    (failed,) = load([bundle]).failed
    assert "surrogates not allowed" in failed.reason


def test_a_page_with_only_broken_bundles_starts(tmp_path):
    page = build(load([tmp_path]))
    assert not [one for one in page.fns.values() if one.api_visibility == "public"]
