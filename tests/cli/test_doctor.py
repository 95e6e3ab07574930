import json

from seq2edge.cli.main import main
from seq2edge.device import installation


def test_doctor_lists_what_works_and_what_is_missing(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "installed bundle" in out
    assert "\n  device           complete\n" in out
    assert out.endswith("a bundle can be run\n")


def test_doctor_writes_json(capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["works"]
    assert found["extras"]["device"]["missing"] == []


def test_the_status_is_1_if_no_bundle_can_be_run(capsys, monkeypatch):
    monkeypatch.setattr(installation, "_check_bundle", lambda: (False, "fails: no runtime"))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "installed bundle   fails: no runtime" in out
    assert out.endswith("FAILED: no bundle can be run\n")
