import shutil

import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import RUNNERS, load_runner
from seq2edge.device.tasks import TASKS


def test_every_task_has_a_runner():
    assert {task.family for task in TASKS.values()} <= RUNNERS.keys()


def test_the_family_of_the_task_decides_the_runner(bundles, monkeypatch):
    monkeypatch.setitem(RUNNERS, "seq2seq", lambda *given: given)
    assert load_runner(bundles / "int8", threads=2, num_interpreters=3) == (read_bundle(bundles / "int8"), 2, 3)


@pytest.mark.parametrize("name", ["source.model", "target.model"])
def test_a_damaged_tokenizer_is_named(shipped, tmp_path, replace_file, name):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    replace_file(bundle, name, b"no tokenizer")
    with pytest.raises(UserError, match=f"^{bundle}/{name}: not a SentencePiece model: ") as error:
        load_runner(bundle)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("target.model", "source.model", "2,224 tokens, the model needs 4,500"),
        ("source.model", "target.model", "4,500 tokens, the model needs 2,224"),
    ],
)
def test_a_tokenizer_of_another_model_is_refused(shipped, tmp_path, replace_file, name, other, said):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    replace_file(bundle, name, (shipped.path / other).read_bytes())
    with pytest.raises(UserError, match=f"^{bundle}/{name}: {said}$"):
        load_runner(bundle)
