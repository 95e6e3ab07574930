"""Commands without BUNDLE use the bundle that is installed with seq2edge."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from seq2edge.cli.main import main


@pytest.fixture
def installed(bundles, monkeypatch, tmp_path):
    """A tiny bundle that replaces the installed one."""
    path = shutil.copytree(bundles / "int8", tmp_path / "shipped")
    for module in ("device.bundle", "device.runners.load", "cli.run", "cli.bundle_argument", "cli.demo"):
        monkeypatch.setattr(f"seq2edge.{module}.SHIPPED", path)
    return path


RED = "the red stone is here"


def test_run_answers_a_text(installed, capfd):
    assert main(["run", RED, "the cold river is here"]) == 0
    assert capfd.readouterr() == ("stone red\nriver cold\n", "")


def test_run_reads_a_folder_or_a_path_as_a_bundle(installed, bundles, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(bundles)
    assert main(["run", "none", RED]) == 0
    assert main(["run", "./none", RED]) == 0
    assert main(["run", "non", RED]) == 0  # not a folder, so it is a text
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["run", "./non", RED]) == 2
    assert capsys.readouterr().err == "seq2edge: non: not a bundle, bundle.json is missing\n"


def test_a_text_with_a_slash_and_spaces_is_a_text(installed, capsys):
    assert main(["run", "the red and/or cold stone"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["run", "no such/bundle", RED]) == 2  # a text follows it, so it is a path


@pytest.mark.parametrize("text", ["", "a\0b", "a" * 9000])
def test_an_argument_that_is_not_a_file_name_is_a_text(installed, capsys, text):
    assert main(["run", text]) == (0 if text else 2)
    out, err = capsys.readouterr()
    assert (len(out) > 0, "the input is empty" in err) == (bool(text), not text)


def test_info_verify_and_bench_use_the_installed_bundle(installed, capsys):
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "tiny"
    assert main(["verify"]) == 0
    assert "verified" in capsys.readouterr().out
    assert main(["bench", "--rounds", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sentences"] == 6


@pytest.mark.parametrize("command", [["run", "hello"], ["info"], ["verify"], ["bench"], ["serve"]])
def test_a_missing_or_altered_installed_bundle_is_reported_in_one_line(installed, command, capsys):
    (installed / "model.tflite").write_bytes(b"altered")
    assert main(command) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"seq2edge: {installed / 'model.tflite'}: 7 bytes, ")
    assert err.endswith("; reinstall seq2edge, which this bundle is part of\n")
    assert err.count("\n") == 1
    shutil.rmtree(installed)
    assert main(command) == 2
    missing = f"seq2edge: {installed}: not a bundle, bundle.json is missing; reinstall seq2edge, which this bundle is"
    assert capsys.readouterr().err.startswith(missing)


def test_the_program_writes_only_the_reply(shipped):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    command = [sys.executable, "-m", "seq2edge.cli.main", "run", "hello"]
    process = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert len(process.stdout.splitlines()) == 1
    assert process.stderr == ""
