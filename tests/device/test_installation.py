import importlib.metadata
import sys

import pytest

from seq2edge.device import installation
from seq2edge.device.installation import examine


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these versions of packages are installed. The metadata of seq2edge stays real."""
    versions = {"seq2edge": "0.1.0", "numpy": "2.1.0", "sentencepiece": "0.2.1", "ai-edge-litert": "2.3.0"}
    monkeypatch.setattr(installation, "_version", versions.get)
    return versions


def test_a_complete_installation_works():
    found = examine()
    assert found.works
    assert "test vectors give the same answer on LiteRT" in found.bundle
    assert found.runtimes["LiteRT"] == importlib.metadata.version("ai-edge-litert")
    assert not any("run" in commands.split() for commands in found.missing)


def test_an_extra_includes_the_packages_of_nested_extras(installed):
    extras = examine().extras
    assert extras["device"].missing == ()
    assert extras["train"].packages["numpy"] == "2.1.0"
    assert {"tensorflow", "pydantic"} <= extras["train"].packages.keys()
    assert any(missing.startswith("tensorflow==2.21") for missing in extras["train"].missing)
    assert extras["train"].command == "pip install 'seq2edge[train]'"


def test_an_unsuitable_version_is_reported(installed):
    missing = examine().extras["device-tflite"].missing
    assert any(line.startswith("numpy") and line.endswith("(installed: 2.1.0)") for line in missing)


def test_missing_packages_are_listed_with_the_command_to_install_them(installed):
    missing = examine().missing
    assert missing["demo"] == "pip install 'seq2edge[demo]'"
    assert any("prepare" in commands and command.endswith("'seq2edge[train]'") for commands, command in missing.items())


def test_an_installation_without_a_runtime_does_not_work(monkeypatch):
    monkeypatch.setattr(installation, "RUNTIMES", {"no_such_package": "LiteRT"})
    monkeypatch.setattr("seq2edge.device.interpreter.RUNTIMES", {"no_such_package": "LiteRT"})
    found = examine()
    assert (found.works, found.runtimes) == (False, {"LiteRT": None})
    assert found.bundle.startswith("fails: no runtime is installed; pip install 'seq2edge[device]'")


def test_devices_are_listed_in_another_process(monkeypatch):
    program = "import json as l; l.__version__ = '9'; d = ['cpu:0']"
    monkeypatch.setattr(installation, "PROGRAMS", {"numpy": program, "pytest": "raise SystemExit('no driver')"})
    backends = examine(full=True).backends
    assert backends["numpy"] == "9, devices: cpu:0"
    assert backends["pytest"].endswith(", fails: no driver")


def test_large_packages_are_not_imported():
    before = "tensorflow" in sys.modules
    examine()
    assert ("tensorflow" in sys.modules) == before
