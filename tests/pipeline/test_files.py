import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import refuse_existing, whole_folder, write_text


def test_a_folder_takes_the_place_of_the_old_one_only_when_whole(tmp_path):
    folder = tmp_path / "bundle"
    with whole_folder(folder) as new:
        (new / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_folder(folder) as new:
        (new / "a").write_text(str(1 / 0))
    assert (folder / "a").read_text() == "old"
    with whole_folder(folder) as new:
        (new / "a").write_text("new")
    assert (folder / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_replacement_killed_between_its_renames_is_put_right(tmp_path):
    (tmp_path / ".bundle.old").mkdir()
    (tmp_path / ".bundle.old" / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "bundle"):
        raise RuntimeError
    assert (tmp_path / "bundle" / "a").read_text() == "old"


def test_a_folder_with_something_in_it_is_refused_unless_it_may_be_overwritten(tmp_path):
    refuse_existing(tmp_path, overwrite=False)
    write_text(tmp_path / "a", "x")
    refuse_existing(tmp_path, overwrite=True)
    refuse_existing(tmp_path, overwrite=False, keep="a")
    with pytest.raises(UserError, match="already exists; choose another --output, or overwrite it with --overwrite"):
        refuse_existing(tmp_path, overwrite=False)
    with pytest.raises(UserError, match="a file, not a folder"):
        refuse_existing(tmp_path / "a", overwrite=True)
