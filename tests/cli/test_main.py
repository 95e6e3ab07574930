import importlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from signal import SIGINT, SIGTERM

import pytest

from seq2edge.cli.evaluate import unique_names
from seq2edge.cli.main import COMMANDS, LONG, main
from seq2edge.device.search.options import OPTIONS
from seq2edge.device.target_tokenizer import TargetTokenizer


def call(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"examples:\n  seq2edge {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen_and_starts_with_examples(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 40
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.index("examples:") < shown.index("options:")


@pytest.mark.parametrize("command", ["run", "evaluate"])
def test_search_options_are_listed_on_request(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help-decoding"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert [option.flag for option in OPTIONS.values() if f"  {option.flag}" not in shown] == []


def test_seq2edge_without_arguments_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert [command for command in COMMANDS if f"    {command}" not in shown] == []


def test_an_unknown_command_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["trian"])
    assert stop.value.code == 2
    assert "'train'" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "status", "said"), [(SIGINT, 130, "interrupted"), (SIGTERM, 143, "terminated")])
@pytest.mark.parametrize("command", LONG)
def test_long_commands_handle_signals_even_if_they_were_ignored(command, number, status, said, monkeypatch, capsys):
    module = importlib.import_module(f"seq2edge.cli.{command}")
    monkeypatch.setattr(module, "add_arguments", lambda parser: None)
    monkeypatch.setattr(module, "run", lambda arguments: signal.raise_signal(number))
    before = signal.signal(number, signal.SIG_IGN)
    try:
        assert call(capsys, command) == (status, "", f"\nseq2edge: {said}\n")
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_run_info_and_verify_work_on_a_bundle(bundles, capsys):
    assert call(capsys, "run", bundles / "int8", "the red stone is here")[:2] == (0, "stone red\n")
    status, out, _ = call(capsys, "verify", bundles / "int8")
    assert (status, out.split("\n")[-2]) == (0, "verified")
    assert "quantization int8" in call(capsys, "info", bundles / "int8")[1]
    assert json.loads(call(capsys, "info", bundles / "int8", "--json")[1])["name"] == "tiny"


def test_info_names_the_languages(bundles, tmp_path, change_manifest, capsys):
    bundle = shutil.copytree(bundles / "int8", tmp_path / "bundle")
    change_manifest(bundle, languages=["en", "de"])
    assert "languages     en → de\n" in call(capsys, "info", bundle)[1]


def test_run_writes_one_line_for_each_input_line(bundles, capsys, monkeypatch):
    text = io.TextIOWrapper(io.BytesIO(b"the red stone is here\n\nthe cold river is here\n"), "utf-8")
    monkeypatch.setattr(sys, "stdin", text)
    assert call(capsys, "run", bundles / "none")[1] == "stone red\n\nriver cold\n"


def test_a_closed_standard_input_has_no_lines(bundles, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert call(capsys, "run", bundles / "none") == (0, "", "")


def test_a_terminal_of_another_encoding_shows_escapes(shipped):
    command = [sys.executable, "-m", "seq2edge.cli.main", "run", "안녕"]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, check=True)
    assert done.stdout.decode("latin-1").startswith("\\u")


@pytest.mark.parametrize(("command", "status"), [("train", 141), ("info", 0)])
def test_a_long_command_whose_reader_has_ended_is_not_done(command, status):
    program = (
        "import sys; from unittest.mock import Mock; from seq2edge.cli import info, main, train\n"
        "info.run = train.run = Mock(side_effect=BrokenPipeError)\n"
        "sys.exit(main.main(sys.argv[1:]))"
    )
    assert subprocess.run([sys.executable, "-c", program, command, "quickstart"], check=False).returncode == status


RED, COLD = "the red stone is here", "the cold river is here"
UNANSWERABLE = ["\ufeff", "\u200b\u2060", "\x01", " \t", "\u2028\x85", "a" * 20_001]


def filtered(monkeypatch, capsys, content, *arguments):
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))
    status, out, err = call(capsys, "run", *arguments)
    assert status == 0
    return out, err


@pytest.mark.parametrize("text", UNANSWERABLE)
def test_a_line_that_cannot_be_answered_gives_an_empty_line(bundles, capsys, monkeypatch, text):
    content = f"{RED}\n{text}\n{COLD}"
    out, err = filtered(monkeypatch, capsys, content, bundles / "none")
    assert out == "stone red\n\nriver cold\n"
    assert re.fullmatch(
        "note: line 2: the (input is empty|text must have at most 20,000 characters, got 20,001; .*)\n", err
    )
    out, err = filtered(monkeypatch, capsys, content, bundles / "none", "--quiet", "--json", "--n-best", 2)
    assert [json.loads(line).get("text") for line in out.split("\n")[:-1]] == ["stone red", None, "river cold"]
    assert err == ""


def test_a_line_without_room_for_a_required_phrase_gives_an_empty_line(bundles, capsys, monkeypatch):
    content = f"{RED}\n{' '.join([RED] * 30)}\n{RED}\n"
    out, err = filtered(monkeypatch, capsys, content, bundles / "none", "--beam", 5, "--required", "stone")
    assert [bool(line) for line in out.split("\n")] == [True, False, True, False]
    assert "note: line 2: required phrases: the input has to be split into" in err


@pytest.mark.parametrize("content", [b"\xff\xfe\xed\xa0\x80", "\ud800", "\x00", "\x1b[31m", "a\rb\r"])
def test_every_line_gets_one_line_whatever_it_contains(bundles, capsys, monkeypatch, content):
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    out, _ = filtered(monkeypatch, capsys, RED.encode() + b"\n" + content + b"\r\n" + COLD.encode(), bundles / "none")
    first, _, last = out.removesuffix("\n").split("\n")
    assert (first, last) == ("stone red", "river cold")


@pytest.mark.parametrize("space", ["\u2028", "\u2029", "\x85", "\f", "\v", "\x1c", "\x1d", "\x1e", "\r"])
def test_only_a_line_feed_ends_a_line(bundles, capsys, monkeypatch, space):
    out, err = filtered(monkeypatch, capsys, f"{RED.replace(' ', space)}\n{COLD}\n", bundles / "none")
    assert (out, err) == ("stone red\nriver cold\n", "")


def test_line_ends_in_answers_become_spaces_in_a_filter(bundles, capsys, monkeypatch):
    decode = TargetTokenizer.decode
    monkeypatch.setattr(TargetTokenizer, "decode", lambda *given: decode(*given).replace(" ", "\n"))
    assert filtered(monkeypatch, capsys, f"{RED}\n{COLD}\n", bundles / "none")[0] == "stone red\nriver cold\n"
    assert call(capsys, "run", bundles / "none", RED)[1] == "stone\nred\n"


@pytest.mark.parametrize("text", ["", "\ufeff", "a" * 20_001])
def test_an_argument_that_cannot_be_answered_is_refused(bundles, capsys, text):
    status, out, err = call(capsys, "run", bundles / "none", text)
    assert (status, out) == (2, "")
    assert re.match("seq2edge: the (input is empty|text must have at most 20,000 characters)", err)


def test_the_prompt_continues_after_a_text_that_cannot_be_answered(bundles, capsys, monkeypatch):
    typed = iter(["\ufeff", RED])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed, None) or raise_end())
    monkeypatch.setattr(sys, "stdin", Terminal())
    status, out, err = call(capsys, "run", bundles / "none")
    assert (status, err) == (0, "note: the input is empty\n")
    assert "stone red" in out


class Terminal(io.StringIO):
    def isatty(self):
        return True


def raise_end():
    raise EOFError


def test_run_writes_attention_as_json(bundles, capsys):
    out = call(capsys, "run", bundles / "none", "the red stone is here", "--json", "--attention", "--n-best", 3)[1]
    answer = json.loads(out)
    assert answer["text"] == "stone red"
    assert len(answer["alternatives"]) == 3
    part = answer["parts"][0]
    assert len(part["attention"]) == len(part["target"])


def test_run_uses_the_search_options(bundles, capsys):
    command = ["run", str(bundles / "none"), "the red stone is here", "--beam", "5"]
    assert main([*command, "--required", "blue", "--banned", "stone"]) == 0
    words = capsys.readouterr().out.split()
    assert "blue" in words
    assert "stone" not in words
    assert main([*command, "--min-length", "9", "--max-length", "3", "--top-k", "2"]) == 2
    said = capsys.readouterr().err
    assert "min_length must be at most max_length = 3, got 9; top_k needs sample" in said


def test_bench_measures_each_number_of_threads_and_each_length(bundles, capsys, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("the red stone is here\n\n" + "the red stone is here " * 3 + "\n", encoding="utf-8")
    options = ("--rounds", 3, "--threads", 1, 2, "--file", lines)
    result = json.loads(call(capsys, "bench", bundles / "int8", *options, "--json")[1])
    assert result["sentences"] == 6
    assert set(result["threads"]) == {"1", "2"}
    for row in [*result["threads"].values(), *result["source_tokens"].values()]:
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
    assert len(result["source_tokens"]) == 2
    table = call(capsys, "bench", bundles / "int8", "--rounds", 1)[1]
    assert "words_per_second" in table
    assert "source tokens" in table


def test_serve_answers_until_it_is_terminated(bundles):
    command = [sys.executable, "-m", "seq2edge.cli.main", "serve", bundles / "int8", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        address = next(word for line in process.stderr for word in line.split() if word.startswith("http://"))
        body = json.dumps({"text": "the red stone is here"}).encode()
        with urllib.request.urlopen(address.rstrip(";"), body, timeout=30) as response:
            assert json.load(response)["results"][0]["text"] == "stone red"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--interpreters", 0),
        ("--threads", 100_000),
        ("--timeout", -1),
        ("--drain", "inf"),
        ("--port", 70_000),
        ("--cors", "nowhere"),
    ],
)
def test_serve_refuses_wrong_values(shipped, capsys, option, value):
    status, _, err = call(capsys, "serve", option, value)
    assert status == 2
    assert re.match(f"seq2edge: {option} must be .*, got {value}", err)
    assert err.count("\n") == 1


def test_serve_reports_an_address_in_use(shipped, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, err = call(capsys, "serve", "--port", port)
    assert (status, err) == (2, f"seq2edge: cannot listen on 127.0.0.1:{port}: Address already in use\n")


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_serve_names_the_missing_extra(capsys, monkeypatch, missing):
    for name in [name for name in sys.modules if name.startswith("seq2edge.device.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    status, _, err = call(capsys, "serve")
    assert status == 2
    assert err == f"seq2edge: {missing} is not installed; this command needs: pip install 'seq2edge[serve]'\n"


def test_evaluate_compares_a_run_with_its_bundles(trained_run, bundles, tmp_path, capsys):
    command = ("evaluate", trained_run.path, bundles / "int8", "--against", bundles / "none", "--output", tmp_path)
    status, out, _ = call(capsys, *command, "--report", tmp_path / "report.html", "--json", "--quiet")
    found = json.loads(out)
    assert status == 0
    assert [system["name"] for system in found["systems"]] == ["tiny", "int8", "none"]
    assert found["systems"][0]["scores"]["bleu"] == found["systems"][2]["scores"]["bleu"]
    assert found["differences"][0]["label"] == "BLEU"
    assert "<title>test set: tiny, int8, none</title>" in (tmp_path / "report.html").read_text()
    assert "chrF++" in call(capsys, *command, "--quiet")[1]


def test_systems_with_equal_names_are_told_apart_by_their_folders(tmp_path):
    assert unique_names([tmp_path / "a" / "int8", tmp_path / "b" / "int8"]) == ["a-int8", "b-int8"]
    assert unique_names([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]


def test_evaluate_scores_a_bundle_on_a_file(bundles, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, "evaluate", bundles / "none", "--quiet")
    assert status == 2
    assert "a bundle contains no data; name its run with --run, or a file with --file" in err
    (tmp_path / "questions.tsv").write_text("the red stone is here\tstone red\n", encoding="utf-8")
    out = call(capsys, "evaluate", bundles / "none", "--file", "questions.tsv", "--quiet")[1]
    assert "questions set, 1 sentences" in out
    assert (tmp_path / "evaluations" / "outputs-questions-none.tsv").is_file()


def test_an_altered_bundle_is_refused_in_one_line_with_status_2(bundles, tmp_path, capsys):
    status, out, err = call(capsys, "run", tmp_path, "hi")
    assert (status, out) == (2, "")
    assert err == f"seq2edge: {tmp_path}: not a bundle, bundle.json is missing\n"


def test_recipes_are_listed(capsys):
    out = call(capsys, "recipes")[1]
    assert "quickstart" in out
    assert "multi30k-en-de" in out
    assert "MB" in out


def test_a_missing_extra_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    for name in [name for name in sys.modules if name.startswith("seq2edge.demo")]:
        monkeypatch.delitem(sys.modules, name)
    status, _, err = call(capsys, "demo", "anywhere")
    assert status == 2
    assert "pip install 'seq2edge[demo]'" in err


def test_internal_errors_have_a_traceback_and_status_70(monkeypatch, capsys):
    def fail(*arguments):
        raise RuntimeError("boom")

    monkeypatch.setattr("seq2edge.pipeline.recipe_schema.load.recipe_names", fail)
    status, _, err = call(capsys, "recipes")
    assert status == 70
    assert "Traceback" in err
    assert "boom" in err


@pytest.mark.parametrize("command", [["run", "hi"], ["bench"]])
def test_too_many_threads_are_refused(shipped, capsys, command):
    assert (
        call(capsys, *command, "--threads", 100_000)[2] == "seq2edge: --threads must be between 1 and 256, got 100000\n"
    )
