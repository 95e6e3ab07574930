"""A short run of the attack. For a long one: `python -m tests.attack --cases 5000`."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.attack.campaign import SURFACES, Options, attack_surface
from tests.attack.harness import Case, Finding

ROOT = Path(__file__).parents[2]
CASES = 240


@pytest.mark.slow
def test_a_short_campaign_finds_nothing(shipped):
    command = [sys.executable, "-m", "tests.attack", "--cases", str(CASES), "--seed", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    *rows, last = ended.stdout.splitlines()
    assert [row.partition(":")[0] for row in rows] == list(SURFACES)
    assert re.fullmatch(rf"{CASES} cases, 0 findings, seed 1, \d+ s", last)


class Broken:
    """A surface on which everything goes wrong."""

    @staticmethod
    def start(workspace, options):
        return [0]

    @staticmethod
    def attack(state, case):
        kind = int(re.search(r"\d+$", case.folder.parent.name)[0])
        if kind == 0:
            os._exit(3)
        if kind == 1:
            time.sleep(60)
        if kind == 2:
            raise Finding("what was there is lost")
        return "done"


def test_crashes_and_hangs_are_findings_and_do_not_stop_the_campaign(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SURFACES, "broken", Broken)
    monkeypatch.setattr("tests.attack.campaign.HANG", 2)
    result = attack_surface("broken", 7, range(5), tmp_path, Options(()))
    assert result.outcomes == {"finding": 3, "done": 2}
    found = capsys.readouterr().err
    assert "--seed 7 --surface broken --case 0: FOUND: it crashes the process (exit code 3)" in found
    assert "--case 1: FOUND: it hangs for more than 2 seconds (exit code -9)" in found
    assert "--case 2: FOUND: what was there is lost" in found


def test_cases_are_reproducible(tmp_path):
    first, second = (Case.of("init", 1, 5, tmp_path / name).draw.random() for name in "ab")
    assert first == second != Case.of("init", 2, 5, tmp_path / "c").draw.random()
