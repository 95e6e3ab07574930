"""Isolated checks: an untrusted bundle is checked in a separate process."""

import shutil
import sys

import pytest

from seq2edge.cli.main import main
from seq2edge.device import isolation
from seq2edge.device.errors import CheckError, UserError
from seq2edge.device.isolation import check_isolated
from seq2edge.device.limits import IsolationLimits

CRASH = "import os; os.kill(os.getpid(), 11)"
HANG = "import time; time.sleep(60)"
BUSY = "from seq2edge.device.isolated_check import limit_this_process as limit; limit(4096, 1, 100)\nwhile True: pass"
HUGE = "from seq2edge.device.isolated_check import limit_this_process as limit; limit(200, 9, 100); bytearray(1 << 30)"
TALKS = "print('{}')"


def test_a_good_bundle_passes(shipped, capsys):
    assert main(["verify", "--isolated", "--sha256", shipped.digest]) == 0
    assert capsys.readouterr().out.endswith("verified\n")


def test_no_code_is_run_from_the_working_directory(shipped, tmp_path, monkeypatch, capsys):
    (tmp_path / "json.py").write_text("open('ran', 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "--isolated", str(shipped.path)]) == 0
    assert capsys.readouterr().out.endswith("verified\n")
    assert not (tmp_path / "ran").exists()


def test_mistakes_of_a_bundle_are_reported_as_without_isolation(shipped, tmp_path, capsys):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    (bundle / "model.tflite").unlink()
    assert main(["verify", "--isolated", str(bundle)]) == 2
    assert capsys.readouterr().err == f"seq2edge: {bundle}/model.tflite: missing\n"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (CRASH, r"the runtime crashed \(SIGSEGV\)"),
        (HANG, r"did not finish within 3 seconds"),
        (BUSY, r"more than 1 seconds of CPU time"),
        (HUGE, r"ended with status 1 and no result"),
        (TALKS, r"ended with status 0 and no result"),
    ],
)
def test_the_end_of_the_process_is_reported_in_one_line(program, said, monkeypatch, tmp_path):
    run = isolation._run
    monkeypatch.setattr(isolation, "_run", lambda _, seconds: run([sys.executable, "-c", program], seconds))
    limits = IsolationLimits(cpu_seconds=1, seconds=3 if program == HANG else 60)
    with pytest.raises(CheckError, match=said) as error:
        check_isolated(tmp_path, limits=limits)
    assert "\n" not in str(error.value)


def test_a_crash_has_the_status_of_a_failed_check(monkeypatch, shipped, capsys):
    monkeypatch.setattr(isolation, "_run", lambda *_: (-11, ""))
    assert main(["verify", "--isolated", str(shipped.path)]) == 1
    assert "crashed (SIGSEGV)" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "nan"])
def test_wrong_limits_are_refused(value, capsys):
    assert main(["verify", "--isolated", "--max-seconds", value]) == 2
    assert "--max-seconds must be greater than 0" in capsys.readouterr().err


def test_a_platform_without_limits_is_refused(monkeypatch):
    from seq2edge.device.isolated_check import limit_this_process

    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(UserError, match=r"--isolated needs limits on processes, which .* does not have"):
        limit_this_process(1, 1, 1)
