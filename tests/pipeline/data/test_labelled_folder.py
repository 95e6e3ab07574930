import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.labelled_folder import folder_checksum
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.recipe_schema.data import File

COLOURS = ["red", "blue", "green", "yellow", "black", "white"]


@pytest.fixture
def folder(tmp_path):
    """Two labels with a text in each file, and one with a text in each line."""
    texts = tmp_path / "texts"
    for label in ("good", "bad day"):
        (texts / label).mkdir(parents=True)
        for number, colour in enumerate(COLOURS * 3):
            (texts / label / f"{number}.txt").write_text(f"a {label} {colour}\nnumber {number}\n", encoding="utf-8")
    (texts / "neutral.txt").write_text("".join(f"nothing {colour}\n" for colour in COLOURS), encoding="utf-8")
    (texts / ".hidden.txt").write_text("hidden", encoding="utf-8")
    (texts / "good" / "notes.md").write_text("no text", encoding="utf-8")
    return texts


def read(folder, **settings):
    return list(read_pairs(File(path=str(folder), format="folder", **settings), folder))


def test_names_of_folders_and_files_are_labels(folder):
    pairs = read(folder)
    assert len(pairs) == 2 * 18 + 6
    assert pairs[0] == Pair("a bad day red\nnumber 0", "bad day")
    assert pairs[-1] == Pair("nothing white", "neutral")
    assert {pair.target for pair in pairs} == {"good", "bad day", "neutral"}


def test_messages_name_the_file_and_row_of_a_text(folder):
    pairs = read(folder)
    assert pairs[0].place("texts") == "texts/bad day/0.txt, row 1"
    assert pairs[-1].place("texts") == "texts/neutral.txt, row 6"


def test_a_changed_file_changes_the_digest(folder, tmp_path):
    values = {"name": "a", "task": "classification", "tokenizer": {"vocabulary": 290}}
    values |= {"data": {"files": [{"path": "texts", "format": "folder"}], "valid": 0.2, "test": 0.2}}
    recipe, options = ClassificationRecipe.model_validate(values), PrepareOptions(tmp_path, quiet=True)
    first = prepare(recipe, tmp_path / "run", options)
    assert first.labels == ["bad day", "good", "neutral"]
    (folder / "good" / "notes.md").write_text("still no text", encoding="utf-8")
    assert prepare(recipe, tmp_path / "run", options).summary == first.summary
    (folder / "good" / "0.txt").write_text("a good change", encoding="utf-8")
    assert prepare(recipe, tmp_path / "run", options).summary["fingerprint"] != first.summary["fingerprint"]


def test_a_moved_text_changes_the_digest(folder):
    before = folder_checksum(folder)
    (folder / "good" / "0.txt").rename(folder / "bad day" / "99.txt")
    assert folder_checksum(folder) != before


def test_a_file_that_cannot_be_read_is_named(folder):
    (folder / "good" / "3.txt").write_bytes(b"fine\n\xff")
    with pytest.raises(UserError, match=r"good/3\.txt, row 2: not utf-8"):
        read(folder)


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no labelled texts; expected LABEL/NAME\.txt with one text per file, or"):
        read(tmp_path)
    with pytest.raises(UserError, match="nowhere: no such folder"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize("given", [{"url": "http://a"}, {"sha256": "0" * 64}, {"header": True}, {"target_path": "b"}])
def test_a_folder_has_no_settings_of_files(given):
    with pytest.raises(ValueError, match=f"{next(iter(given))}: not allowed with format folder"):
        File(path="a", format="folder", **given)
