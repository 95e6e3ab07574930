"""The systemd unit and the container start the server with existing flags."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from seq2edge.cli.main import _parser

SERVER = Path(__file__).parents[2] / "examples" / "server"
UNIT, DOCKERFILE = SERVER / "seq2edge.service", SERVER / "Dockerfile"


def settings(text):
    """The settings of a unit, each a list of its values."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def parsed(words):
    return _parser(["serve"]).parse_args(words)


def test_the_unit_starts_the_server_and_waits_until_it_has_stopped():
    unit = settings(UNIT.read_text(encoding="utf-8"))
    program, *words = shlex.split(unit["ExecStart"][0])
    arguments = parsed(words)
    assert Path(program).name == "seq2edge"
    assert arguments.host == "127.0.0.1"
    assert int(unit["TimeoutStopSec"][0]) > arguments.drain


def test_the_unit_drops_all_privileges():
    unit = settings(UNIT.read_text(encoding="utf-8"))
    assert unit["DynamicUser"] == unit["NoNewPrivileges"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == [""]


def test_systemd_accepts_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    text = UNIT.read_text(encoding="utf-8").replace("/opt/seq2edge/env/bin/seq2edge", "/bin/true")
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / UNIT.name], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_container_runs_unprivileged_with_a_health_check():
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    instructions = re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE)
    names = [name for name, _ in instructions]
    values = dict(instructions)
    assert values["FROM"] == "python:3.11-slim"
    assert values["USER"] == "seq2edge"
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "/health" in values["HEALTHCHECK"]
    assert "'seq2edge[serve]'" in text
    program, command, *words = re.findall(r'"([^"]*)"', values["ENTRYPOINT"])
    arguments = parsed([command, *words])
    assert program == "seq2edge"
    assert (arguments.host, str(arguments.port)) == ("0.0.0.0", values["EXPOSE"])
    assert arguments.drain < 10
