"""seq2edge run: answer texts with a bundle."""

import argparse
from typing import Any

HELP = "answer texts with a bundle"
EXAMPLES = """\
  seq2edge run bundles/quickstart-int8 "good morning"
  seq2edge run bundles/quickstart-int8                  a prompt; Ctrl-D ends it
  cat lines.txt | seq2edge run bundles/multi30k-en-de-int8 --beam 5 > translated.txt
  seq2edge run bundles/multi30k-en-de-int8 "A dog runs." --n-best 3 --attention --json
  seq2edge run bundles/multi30k-en-de-int8 "A dog runs." --beam 5 --require "Wiese" --ban "Hund" """

# Options of the search: flag, name in Runner.run, type, help.
SEARCH = (
    ("--length-penalty", "length_penalty", float, "prefer longer answers (default: as the bundle says)"),
    ("--coverage-penalty", "coverage_penalty", float, "prefer answers that looked at all of the source"),
    ("--min-length", "min_length", int, "tokens of an answer at least, its end counted"),
    ("--max-length", "max_length", int, "and at most"),
    ("--min-ratio", "min_ratio", float, "the same as a multiple of the source's tokens"),
    ("--max-ratio", "max_ratio", float, "and at most"),
    ("--no-repeat", "no_repeat_ngram", int, "no so many tokens in a row stand twice"),
    ("--groups", "groups", int, "diverse beam search: the beam in so many groups"),
    ("--diversity", "diversity", float, "what a token costs that another group has just taken"),
    ("--temperature", "temperature", float, "of --sample: below 1 likelier tokens, above 1 less likely ones"),
    ("--top-k", "top_k", int, "of --sample: only the so many likeliest tokens"),
    ("--top-p", "top_p", float, "of --sample: only the likeliest with so much probability together"),
    ("--seed", "seed", int, "of --sample"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="a bundle's folder")
    parser.add_argument("text", metavar="TEXT", nargs="*", help="what to answer; without it lines of standard input")
    parser.add_argument("--beam", type=int, help="hypotheses kept side by side (default: as the bundle says)")
    parser.add_argument("--n-best", type=int, default=1, metavar="N", help="print so many answers, best first")
    search = parser.add_argument_group("search")
    for flag, name, kind, text in SEARCH:
        search.add_argument(flag, dest=name, type=kind, help=text)
    search.add_argument("--sample", action="store_true", default=None, help="draw tokens at random, by probability")
    search.add_argument(
        "--no-shortlist", dest="shortlist", action="store_false", default=None, help="look at the whole vocabulary"
    )
    search.add_argument("--prefix", metavar="TEXT", help="what the answer begins with")
    search.add_argument("--require", action="append", metavar="TEXT", help="a phrase that the answer has")
    search.add_argument("--ban", action="append", metavar="TEXT", help="a phrase that it has not")
    parser.add_argument("--attention", action="store_true", help="print where each token looked")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    parser.add_argument("--threads", type=int, default=1, help="of the runtime (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="no notes on standard error")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from seq2edge.device.errors import UserError
    from seq2edge.device.runner import Runner

    if arguments.n_best < 1 or arguments.threads < 1:
        raise UserError("--n-best and --threads must be 1 or more")
    runner = Runner.from_bundle(arguments.bundle, arguments.threads)
    if arguments.text:
        for text in arguments.text:
            _answer(runner, text, arguments)
    elif sys.stdin.isatty():
        _prompt(runner, arguments)
    else:
        _filter(runner, arguments)
    return 0


def _filter(runner: Any, arguments: argparse.Namespace) -> None:
    """Answer lines of standard input. Each one has its line of output, whatever is in it, so that both stay in step."""
    import sys

    from seq2edge.device.errors import TextError

    sys.stdin.reconfigure(errors="replace", newline="\n")  # type: ignore[union-attr]
    for number, line in enumerate(sys.stdin, 1):
        text = line.rstrip("\r\n")
        try:
            _answer(runner, text, arguments, a_line=True)
        except TextError as error:
            print("{}" if arguments.json else "", flush=True)
            if text and not arguments.quiet:
                print(f"note: line {number}: {error}", file=sys.stderr)


def _answer(runner: Any, text: str, arguments: argparse.Namespace, a_line: bool = False) -> None:
    """Print an answer; as `a_line` it is one line, even where the model writes line ends."""
    import json
    import sys

    result = runner.run(text, arguments.beam, arguments.n_best, **_search(arguments))
    if arguments.json:
        print(json.dumps(result.as_json(arguments.attention), ensure_ascii=False), flush=True)
        return
    answers = [f"{score:8.3f}  {answer}" for answer, score in result.alternatives]
    for answer in answers if arguments.n_best > 1 else [result.text]:
        print(" ".join(answer.splitlines()) if a_line else answer, flush=True)
    if arguments.attention:
        for part in result.parts:
            print(attention_table(part))
    if result.cut and not arguments.quiet:
        print(f"note: {result.cut}", file=sys.stderr)
    if result.missing and not arguments.quiet:
        print(f"note: no room for {', '.join(result.missing)}", file=sys.stderr)


def _search(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of the search that were given."""
    names = [name for _, name, _, _ in SEARCH] + ["sample", "shortlist", "prefix", "require", "ban"]
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def _prompt(runner: Any, arguments: argparse.Namespace) -> None:
    """A conversation on a terminal: answers appear as they grow, and those of a chat are not given twice gladly."""
    import sys

    from seq2edge.device.errors import TextError

    given: list[str] = []
    while True:
        try:
            text = input("> ")
        except EOFError:
            print()
            return
        if not text.strip():
            continue
        try:
            if arguments.beam or arguments.n_best > 1 or arguments.json or arguments.attention:
                _answer(runner, text, arguments)
                continue
            reply = _reply(runner, text, given, arguments)
        except TextError as error:
            print(f"note: {error}", file=sys.stderr)
            continue
        if runner.bundle.task == "chat":
            given.append(reply)


def _reply(runner: Any, text: str, given: list[str], arguments: argparse.Namespace) -> str:
    """Show an answer as it grows, and return it."""
    shown = ""
    for growing in runner.stream(text, given=given, **_search(arguments)):
        # What has been said is only appended to, unless the end replaces it (an unsure reply).
        if growing.startswith(shown):
            print(growing[len(shown) :], end="", flush=True)
        else:
            print(f"\r\033[K{growing}", end="", flush=True)
        shown = growing
    print()
    return shown


def attention_table(part: Any) -> str:
    """A line a target token: the source tokens it looked at most, with their weights."""
    if part.attention is None:
        return "  (this model has no attention)"
    lines = []
    for token, weights in zip(part.target_tokens, part.attention, strict=True):
        most = weights.argsort()[::-1][:3]
        looked = "  ".join(f"{part.source_tokens[i]} {weights[i]:.2f}" for i in most if weights[i] >= 0.05)
        lines.append(f"  {token:16} ← {looked}")
    return "\n".join(lines)
