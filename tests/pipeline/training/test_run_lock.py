"""Two trainings of one folder do not run at the same time."""

import os
import subprocess
import sys

import pytest

from seq2edge.cli.main import main
from seq2edge.device.errors import UserError
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.run_lock import LOCK_FILE, run_lock
from seq2edge.pipeline.training.trainer import train

HOLD = (
    "import sys, time; from pathlib import Path; from seq2edge.pipeline.training.run_lock import run_lock\n"
    "with run_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / "run"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_second_training_is_refused_with_the_process_id(holder, tiny_recipe, tmp_path, how):
    with pytest.raises(UserError, match=f"run: process {holder.pid} is using this run; wait until it ends"):
        train(tiny_recipe(), tmp_path / "run", TrainOptions(quiet=True, **how))


def test_data_is_not_prepared_for_a_run_that_is_being_trained(holder, tiny_recipe, pairs_file, tmp_path, capsys):
    recipe = pairs_file.parent / "tiny.toml"
    tiny_recipe()
    assert main(["prepare", str(recipe), "--output", str(tmp_path / "run")]) == 2
    assert f"run: process {holder.pid} is using this run; wait until it ends" in capsys.readouterr().err
    assert not (tmp_path / "run" / "data").exists()


def test_the_lock_of_a_dead_process_is_taken_over(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert (tmp_path / "run" / LOCK_FILE).read_text().split()[0] == str(holder.pid)
    with run_lock(tmp_path / "run"):
        assert (tmp_path / "run" / LOCK_FILE).read_text().split()[0] == str(os.getpid())
    assert not (tmp_path / "run" / LOCK_FILE).exists()


def test_symbolic_links_are_not_followed(tmp_path):
    (tmp_path / LOCK_FILE).symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), run_lock(tmp_path):
        pass
    assert not (tmp_path / "precious").exists()
