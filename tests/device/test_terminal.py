import json

import pytest

from seq2edge.cli.main import main
from seq2edge.device.terminal import json_line, printable, write


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b31m \x7f \x00", "\\x9b31m \\x7f \\x00"),
        ("all good\rall bad", "all good\\x0dall bad"),
        ("def add(a, b):\r\n\treturn a\n", "def add(a, b):\r\n\treturn a\n"),
        ("안녕 – é", "안녕 – é"),
        ("half of a character \ud83d", "half of a character \\xd83d"),
    ],
)
def test_control_codes_are_escaped(text, shown, capsys):
    assert printable(text) == shown
    write(text, end="")
    assert capsys.readouterr().out == shown


def test_json_has_the_same_values_without_control_codes():
    values = {"text": "\x1b[2J \x9b2J \x7f 안녕 \ud83d"}
    line = json_line(values)
    assert json.loads(line) == values
    assert line == printable(line)


def test_a_bundle_cannot_write_control_codes_to_the_terminal(shipped, tmp_path, change_manifest, capsys):
    import shutil

    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    change_manifest(bundle, name="a\x1b]0;title\x07", licence="\x9b31m", task="\x1b[2J")
    assert main(["info", str(bundle)]) == 2
    change_manifest(bundle, task="chat")
    assert main(["info", str(bundle)]) == 0
    assert main(["info", str(bundle), "--json"]) == 0
    said = "".join(capsys.readouterr())
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert "a\\x1b]0;title" in said
