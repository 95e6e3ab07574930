from pathlib import Path

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import check_output, refuse_existing, whole_file, whole_folder, write_csv, write_text


def test_a_folder_replaces_the_old_one_only_when_complete(tmp_path):
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


def test_a_link_is_kept_and_the_folder_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    for content in ("first", "second"):
        with whole_folder(tmp_path / "link") as new:
            (new / "a").write_text(content)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "a").read_text() == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "link"]


def test_a_replacement_killed_between_its_renames_is_repaired(tmp_path):
    (tmp_path / ".bundle.old").mkdir()
    (tmp_path / ".bundle.old" / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "bundle"):
        raise RuntimeError
    assert (tmp_path / "bundle" / "a").read_text() == "old"


def test_a_folder_in_use_is_refused_unless_overwrite(tmp_path):
    refuse_existing(tmp_path, overwrite=False, marker="a")
    write_text(tmp_path / "a", "x")
    refuse_existing(tmp_path, overwrite=True, marker="a")
    refuse_existing(tmp_path, overwrite=False, marker="a", keep="a")
    with pytest.raises(UserError, match="already exists; choose another --output, or overwrite it with --overwrite"):
        refuse_existing(tmp_path, overwrite=False, marker="a")
    with pytest.raises(UserError, match="has other files and no b, so it is not overwritten; choose another --output"):
        refuse_existing(tmp_path, overwrite=True, marker="b")
    with pytest.raises(UserError, match="a file, not a folder"):
        refuse_existing(tmp_path / "a", overwrite=True, marker="a")


@pytest.mark.parametrize("output", [".", ".."])
def test_the_working_directory_is_not_replaced(tmp_path, monkeypatch, output):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="the working directory; choose another --output"):
        check_output(Path(output))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as temporary:
        print(temporary.write_bytes(b"half") / 0)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_the_header_of_a_table_has_the_keys_of_its_rows(tmp_path):
    write_csv(tmp_path / "history.csv", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    assert (tmp_path / "history.csv").read_text().splitlines() == ["epoch,loss", "1,0.5", "2,0.25"]


def test_a_full_disk_is_reported_with_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left") as error, whole_file(tmp_path / "model"):
        raise OSError(28, "No space left on device")
    assert error.value.filename == str(tmp_path / "model")
    with pytest.raises(UserError, match="model: cannot be written: Can't write data"), whole_file(tmp_path / "model"):
        raise OSError("Can't write data (file write failed)\nmore")
    assert list(tmp_path.iterdir()) == []
