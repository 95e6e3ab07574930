import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.dataset import Dataset, read_split, split_file, split_line, split_path
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.recipe_schema.data import File


@pytest.fixture
def data(tiny_recipe, pairs_file, tmp_path):
    return prepare(tiny_recipe(), tmp_path / "run", PrepareOptions(pairs_file.parent, quiet=True))


def test_a_folder_is_opened_as_it_was_prepared(data):
    again = Dataset.open(data.path)
    assert again.summary == data.summary
    assert again.checksums() == data.checksums()


def test_checksums_name_the_file_that_changed(data):
    before = data.checksums()
    ids = data.path / next(name for name in before if name.endswith(".npy"))
    ids.write_bytes(ids.read_bytes() + b"\0")
    after = data.checksums()
    assert [name for name in before if before[name] != after[name]] == [str(ids.relative_to(data.path))]


def test_a_dataset_can_have_a_tokenizer_for_each_side(tiny_recipe, pairs_file, tmp_path):
    settings = ["tokenizer.joint=false", "tokenizer.vocabulary=290"]
    data = prepare(tiny_recipe(settings=settings), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    assert [path.name for path in data.tokenizers] == ["source.model", "target.model"]


@pytest.mark.parametrize("summary", [None, "{"])
def test_a_folder_that_is_not_a_dataset_is_refused(summary, tmp_path):
    if summary:
        (tmp_path / "summary.json").write_text(summary)
    with pytest.raises(UserError, match=f"{tmp_path}: not a dataset"):
        Dataset.open(tmp_path)


def test_texts_are_stored_without_loss(tmp_path):
    pairs = [Pair("def f():\n\treturn 1\r\n", " \u2028\u2029\x85\x0b\x1c"), Pair('"\\n"', "한 🙂\n")]
    path = split_path(tmp_path, "train")
    path.write_text("".join(map(split_line, pairs)), encoding="utf-8", newline="\n")
    assert list(read_split(tmp_path, "train")) == pairs
    assert list(read_pairs(split_file(path, "train", File(path="a.tsv")), path)) == pairs  # as a recipe's file
