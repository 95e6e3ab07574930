import pytest

from seq2edge.cli.main import main
from seq2edge.demo.app import DemoOptions
from seq2edge.demo.users import VARIABLE, read_users
from seq2edge.device.errors import UserError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "--port must be between 1 and 65535, got 99999"),
        (["--share"], "--share needs --auth FILE or SEQ2EDGE_AUTH"),
        (["--auth", "missing.txt"], "--auth: missing.txt: No such file"),
        (["--feedback", "missing/x.jsonl"], "--feedback: missing/x.jsonl cannot be written"),
    ],
)
def test_wrong_options_are_refused_in_one_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "no-bundle", *arguments]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note:")]
    assert len(lines) == 1
    assert said in lines[0]


def test_users_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    assert read_users(None) == {}
    file = tmp_path / "users.txt"
    file.write_text("# ours\nann:a:b\n\n수지:비밀\n", encoding="utf-8")
    assert read_users(file) == {"ann": "a:b", "수지": "비밀"}
    monkeypatch.setenv(VARIABLE, "bob:secret")
    assert read_users(None) == {"bob": "secret"}
    assert read_users(file).keys() == {"ann", "수지"}
    DemoOptions(users=read_users(None), share=True).check()
    file.write_text("ann\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 1 must be USER:PASSWORD"):
        read_users(file)
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(UserError, match="has no line"):
        read_users(file)
