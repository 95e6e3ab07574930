"""`seq2edge run --inspect` with the shipped bundle."""

import json

from seq2edge.cli.main import main


def test_each_text_gets_one_line_of_json(shipped, capsys):
    assert main(["run", str(shipped.path), "good morning", "I want to die", "--beam", "5", "--inspect"]) == 0
    answer, guarded = map(json.loads, capsys.readouterr().out.splitlines())
    assert answer["parts"][0]["trace"]["steps"]
    assert (answer["decided_by"], guarded["decided_by"]) == ("model", "guard")


def test_attention_is_shown_for_words(shipped, capsys):
    assert main(["run", str(shipped.path), "I had a fight with my best friend", "--attention"]) == 0
    answer, *table = capsys.readouterr().out.splitlines()
    assert answer == "Fights with friends hurt. Maybe an honest word could be a start."
    assert table[0].startswith("  Fights with friends hurt ← friend 0.20  fight 0.18")
    assert len(table) == 4
