"""seq2edge run: answer texts with a bundle."""

import argparse
import os
from pathlib import Path
from typing import Any

from seq2edge.cli.bundle_argument import DEFAULT, add_sha256
from seq2edge.cli.search_flags import add_search_flags, search_values
from seq2edge.device.runners.classification_options import OPTIONS as CLASSIFICATION_OPTIONS
from seq2edge.device.search.options import OPTIONS as DECODING_OPTIONS
from seq2edge.device.search.options import latest_replies
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.terminal import json_line, write

HELP = "answer texts with a bundle"
EXAMPLES = """\
  seq2edge run "good morning"          # the installed chatbot
  seq2edge run                         # a prompt; Ctrl-D ends it
  seq2edge run bundles/mine-int8 "good morning" --beam 5 --n-best 3
  seq2edge run bundles/mine-int8 --json < lines.txt > answers.jsonl
  seq2edge run "good morning" --beam 5 --inspect"""

OPTIONS = CLASSIFICATION_OPTIONS | DECODING_OPTIONS  # options of all families; a runner refuses those of other families
COMMON = ("beam", "n_best", "sample", "required", "banned")  # listed by `--help`
SCORE_FORMATS = {"text": "8.3f", "label": "6.2f"}  # by kind of target; the score of a label is its probability


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bundle",
        metavar="BUNDLE",
        nargs="?",
        help=f"folder of the bundle ({DEFAULT}); anything else is a TEXT",
    )
    parser.add_argument("text", metavar="TEXT", nargs="*", help="text to answer (default: lines of standard input)")
    add_sha256(parser)
    parser.add_argument("--attention", action="store_true", help="print where each word of the answer looked")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each answer")
    parser.add_argument("--inspect", action="store_true", help="print JSON with attention and the whole search")
    parser.add_argument("--threads", type=int, default=1, help="number of runtime threads (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="print no notes to standard error")
    add_search_flags(parser, OPTIONS, COMMON)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.device.limits import check_threads
    from seq2edge.device.runners.load import load_runner

    check_threads("--threads", arguments.threads)
    settings = search_values(OPTIONS, arguments)
    bundle, texts = _bundle_and_texts(arguments)
    runner = load_runner(bundle, arguments.threads, sha256=arguments.sha256)
    if texts:
        options = runner.options(**settings)
        for text in texts:
            _answer(runner, text, options, arguments)
    elif sys.stdin is None:  # closed
        return 0
    elif sys.stdin.isatty():
        _prompt(runner, settings, arguments)
    else:
        _filter(runner, runner.options(**settings), arguments)
    return 0


def _bundle_and_texts(arguments: argparse.Namespace) -> tuple[Path, list[str]]:
    """Return the folder of the bundle and the texts. If the first argument is not a folder, it is a text too.

    A missing folder is one only if it looks like a path: "bundles/mine" does, "what is 1/2?" does not.
    """
    first, texts = arguments.bundle, arguments.text
    if first is None:
        return SHIPPED, texts
    is_path = os.sep in first and (bool(texts) or len(first.split()) == 1)
    if is_path or os.path.isdir(first):  # noqa: PTH112 (Path.is_dir refuses a long text)
        return Path(first), texts
    return SHIPPED, [first, *texts]


def _filter(runner: Any, options: Any, arguments: argparse.Namespace) -> None:
    """Answer lines of standard input. Each gets one line of output, even if it cannot be answered."""
    import sys

    from seq2edge.device.errors import TextError

    sys.stdin.reconfigure(newline="\n")  # type: ignore[union-attr]
    for number, line in enumerate(sys.stdin, 1):
        text = line.rstrip("\r\n")
        try:
            _answer(runner, text, options, arguments, one_line=True)
        except TextError as error:
            write("{}" if arguments.json or arguments.inspect else "", flush=True)
            if text and not arguments.quiet:
                write(f"note: line {number}: {error}", file=sys.stderr)


def _answer(runner: Any, text: str, options: Any, arguments: argparse.Namespace, one_line: bool = False) -> None:
    """Answer a text and print the result."""
    if arguments.inspect:
        _print_json(runner.inspect(text, options).as_json())
        return
    _print(runner.run(text, options), runner, options, arguments, one_line)


def _print(result: Any, runner: Any, options: Any, arguments: argparse.Namespace, one_line: bool = False) -> None:
    """Print an answer. With `one_line` line ends in the answer become spaces."""
    import sys

    from seq2edge.device.tasks import TASKS

    if arguments.json:
        _print_json(result.as_json(arguments.attention))
        return
    score_format = SCORE_FORMATS[TASKS[runner.manifest.task].target]
    answers = [f"{score:{score_format}}  {answer}" for answer, score in result.alternatives]
    for answer in answers if options.n_best > 1 else [result.text]:
        write(" ".join(answer.splitlines()) if one_line else answer, flush=True)
    if arguments.attention:
        for part in result.parts:
            write(attention_table(part))
    if result.guard and not arguments.quiet:
        write(f"note: answered by the guard ({result.guard}), not by the model", file=sys.stderr)
    for note in (result.cut, result.unread, result.unsure):
        if note and not arguments.quiet:
            write(f"note: {note}", file=sys.stderr)
    if result.missing and not arguments.quiet:
        write(f"note: missing in the answer: {', '.join(result.missing)}", file=sys.stderr)


def _print_json(values: dict[str, Any]) -> None:
    print(json_line(values), flush=True)


def _prompt(runner: Any, settings: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Read texts from a terminal and show answers while they grow.

    In a conversation with memory, messages may refer to the previous reply. Without memory, earlier replies are
    penalised.
    """
    import sys

    from seq2edge.device.conversation import Conversation
    from seq2edge.device.errors import TextError
    from seq2edge.device.tasks import TASKS

    options, chat = runner.options(**settings), Conversation(runner)
    is_whole = "beam" in settings or options.n_best > 1 or arguments.json or arguments.attention or runner.has_memory
    is_conversation = TASKS[runner.manifest.task].is_conversation
    earlier = settings.get("earlier_replies") or []
    while True:
        try:
            text = input("> ")
        except EOFError:
            write()
            return
        if not text.strip():
            continue
        try:
            if arguments.inspect:
                _print_json(chat.inspect(text, options=options).as_json())
                continue
            if is_whole:
                _print(chat(text, options=options), runner, options, arguments)
                continue
            reply = _stream(runner, text, settings)
        except TextError as error:
            write(f"note: {error}", file=sys.stderr)
            continue
        if is_conversation:
            earlier = [*earlier, reply]
            settings = settings | {"earlier_replies": latest_replies(earlier)}


def _stream(runner: Any, text: str, settings: dict[str, Any]) -> str:
    """Print an answer while it grows, and return it."""
    import sys

    shown = ""
    for growing in runner.stream(text, **settings):
        # Each text extends the previous one. Only a fallback line at the end replaces it.
        if growing.startswith(shown):
            write(growing[len(shown) :], end="", flush=True)
        else:
            sys.stdout.write("\r\033[K")
            write(growing, end="", flush=True)
        shown = growing
    write()
    return shown


def attention_table(part: Any) -> str:
    """Format attention: a line for each target word, with the three most attended source words and their weights."""
    from seq2edge.device.words import without_end, word_attention, words_of

    if part.attention is None:
        return "  (this model has no attention)"
    targets, words = words_of(part.target_tokens), words_of(part.source_tokens)
    table, sources, left_out = without_end(word_attention(part.attention, targets, words), words)
    lines = [f"  ({100 * left_out:.0f} % of the attention is on the end of the text and left out)"] if left_out else []
    for target, weights in zip(targets, table, strict=True):
        most = weights.argsort()[::-1][:3]
        shown = "  ".join(f"{sources[i].text} {weights[i]:.2f}" for i in most if weights[i] >= 0.05)
        lines.append(f"  {target.text:16} ← {shown}")
    return "\n".join(lines)
