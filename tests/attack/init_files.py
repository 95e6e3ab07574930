"""Attack on `init`: files as people have them, and what happens to files."""

import csv
import gzip
import io
import json
import lzma
import random
import tomllib
import zipfile
from pathlib import Path

from seq2edge.device.tasks import TASKS
from tests.attack.harness import CANARY, OUTCOMES, Case, Finding, call, check_kept, contents, judge
from tests.attack.mutations import damaged

SHARE = 0.25
WORDS = [
    "red",
    "Straße",
    "문장",
    "質問",
    "سلام",
    "привет",
    "👩‍👩‍👧",
    "e\u0301",
    "naïve",
    "=SUM(A1)",
    "0",
    "1.5",
    "null",
    '"q"',
]
SEPARATORS = [*[",", ";", "\t", "|"] * 3, "\t\t", " ", "||", "^"]
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp949", "latin-1"]
ENCODINGS += ["cp1252", "shift_jis", "gb18030", "cp1251", "utf-7"]
LINE_ENDS = [*["\n"] * 9, "\r\n", "\r", "\n\r", "\u2028", "\n\n", "\0"]
NAMES = [
    "a.tsv",
    "a.csv",
    "a.txt",
    "a",
    "a.jsonl",
    "a.json",
    "A.TSV",
    "a.xlsx",
    "a b.csv",
    "данные.tsv",
    "..tsv",
    "-.csv",
]
NAMES += ["x" * 200 + ".tsv", "a\n\x1b[31mb.tsv", "a.en", ".tsv", "a.tsv.bak", "a%00.csv", "a.zip", "a.gz"]
COLUMNS = ["0", "1", "2", "-1", "9" * 30, "", "question", "답", "{0} {1}", "{", "{0", "text", "\x1b", "x" * 5000, "0.0"]


def start(workspace: Path, options: object) -> None:
    """Nothing is shared."""


def attack(state: None, case: Case) -> str:
    draw = case.draw
    path = _data(case.folder, draw)
    output = _output(case.folder, draw)
    if exists := draw.random() < 0.1:
        output = case.folder / "out.toml"
        output.write_text("mine", encoding="utf-8")
    before = contents(case.folder)
    answer = call("init", path, "--output", output, *_options(draw))
    outcome = judge(answer)
    if answer.status == 0 and not exists:
        _check_recipe(output, case.folder, draw)
    check_kept(before, case.folder)
    if exists and answer.status == 0:
        raise Finding("an existing recipe does not stop it")
    return outcome


def _check_recipe(output: Path, folder: Path, draw: random.Random) -> None:
    """What `init` writes is a recipe, and its data can be prepared."""
    tomllib.loads(output.read_text(encoding="utf-8"))
    if draw.random() < 0.25:
        answer = call("prepare", output, "--output", folder / "run", "--quiet")
        judge(answer)
        if answer.status:
            raise Finding(f"its recipe is refused ({OUTCOMES[answer.status]}): {answer.err[:300]!r}")


def _options(draw: random.Random) -> list[str]:
    options: list[str] = []
    for flag in ("--source", "--target"):
        if draw.random() < 0.08:
            options += [flag, draw.choice(COLUMNS)]
    if draw.random() < 0.1:
        options += ["--task", draw.choice(list(TASKS))]
    return options


def _output(folder: Path, draw: random.Random) -> Path:
    is_usual = draw.random() < 0.95
    return folder / ("out.toml" if is_usual else draw.choice([".", "no/such/a.toml", "x" * 300, "a\x1b.toml"]))


def _data(folder: Path, draw: random.Random) -> Path:
    """What is given to `init`."""
    kind = draw.random()
    if kind < 0.05:
        return _special(folder, draw)
    if kind < 0.1:
        return _labelled(folder, draw)
    rows = _rows(draw)
    path = folder / draw.choice(NAMES)
    content = _workbook(rows, draw) if kind < 0.13 else _encoded(_text(rows, path.suffix, draw), draw)
    if draw.random() < 0.35:
        content = damaged(content, draw)
    if draw.random() < 0.25:
        content, suffix = _compressed(content, path.name, draw)
        path = path.with_name(path.name[:200] + suffix)
    path.write_bytes(content)
    return path


def _rows(draw: random.Random) -> list[list[str]]:
    number, columns = draw.choice([0, 1, 30, 40, 40, 40, 60, 60, 150]), draw.choice([1, 2, 2, 2, 2, 2, 3, 7])
    simple = draw.random() < 0.5

    def cell(row: int, column: int) -> str:
        words = WORDS[:3] if simple else WORDS
        if column == 0 and columns > 2:
            return str(row)
        return " ".join([str(row), *draw.choices(words, k=draw.choice([1, 3, 8]))])

    rows = [[cell(row, column) for column in range(columns)] for row in range(number)]
    if draw.random() < 0.2:
        rows.insert(0, draw.choices(["id", "question", "답", "text", "label", "score", "", "text"], k=columns))
    if rows and draw.random() < 0.2:  # ragged
        draw.choice(rows).append("more")
        draw.choice(rows).clear()
    return rows


def _text(rows: list[list[str]], suffix: str, draw: random.Random) -> str:
    end = draw.choice(LINE_ENDS)
    if suffix in (".jsonl", ".json") or draw.random() < 0.1:
        return _json(rows, draw, end)
    if draw.random() < 0.3:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=draw.choice(",;\t|"), lineterminator=end).writerows(rows)
        return buffer.getvalue()
    separator = draw.choice(SEPARATORS)
    return "".join(separator.join(row) + end for row in rows)


def _json(rows: list[list[str]], draw: random.Random, end: str) -> str:
    objects = [{f"k{index}": cell for index, cell in enumerate(row)} for row in rows]
    values = draw.choice([rows, objects, [{"a": row, "b": {"c": row}} for row in rows]])
    kind = draw.choice(["lines", "lines", "array", "nested", "deep", "numbers"])
    if kind == "lines":
        return "".join(json.dumps(value, ensure_ascii=draw.random() < 0.5) + end for value in values)
    if kind == "deep":
        return "[" * draw.choice([10, 1000, 100_000]) + '"a"'
    if kind == "numbers":
        return "".join(f'{{"a": {draw.choice(["1e999", "9" * 5000, "NaN", "-0"])}, "b": "x"}}{end}' for _ in range(40))
    return json.dumps({"data": values, "version": 1} if kind == "nested" else values, indent=draw.choice([None, 1]))


def _encoded(text: str, draw: random.Random) -> bytes:
    return text.encode(draw.choice(ENCODINGS), "replace")


def _workbook(rows: list[list[str]], draw: random.Random) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([float(cell) if cell.isdecimal() else cell for cell in row])
    if draw.random() < 0.3:
        book.create_sheet("x" * 31).append([CANARY[:6], None, True])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _compressed(content: bytes, name: str, draw: random.Random) -> tuple[bytes, str]:
    suffix = draw.choice([".gz", ".xz", ".zip", ".zip", ".bz2", ".zst"])
    bomb = bytes(30_000_000) if draw.random() < 0.03 else b""
    if suffix == ".gz":
        content = gzip.compress(content + bomb, 1)
    elif suffix == ".xz":
        content = lzma.compress(content + bomb, preset=0)
    elif suffix == ".zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
            members = ["a.tsv", f"../{name}", "/tmp/a.tsv", "d/", "__MACOSX/._a.tsv", ".DS_Store", "b.csv", "\x1b.csv"]
            for member in draw.sample(members, draw.choice([0, 1, 1, 1, 2, 3])):
                archive.writestr(member, content + bomb)
        content = buffer.getvalue()
    return (damaged(content, draw) if draw.random() < 0.4 else content), suffix


def _special(folder: Path, draw: random.Random) -> Path:
    """Paths that are not files of data."""
    (folder / "empty").mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "dangling.tsv").symlink_to("gone")
    names = ["empty", "loop", "dangling.tsv", "none.tsv", "x" * 300, "a/b/c.tsv", "."]
    return (
        Path(draw.choice(["/dev/null", "/dev/zero", "/proc/self/mem", "/proc/self/status"]))
        if draw.random() < 0.3
        else (folder / draw.choice(names))
    )


def _labelled(folder: Path, draw: random.Random) -> Path:
    root = folder / "texts"
    for label in draw.sample(["good", "bad", "좋음", ".hidden", "a b", "x" * 100, "\x1b[31m"], draw.choice([1, 2, 3])):
        (root / label).mkdir(parents=True)
        for number in range(draw.choice([0, 1, 20, 40])):
            content = f"{label} text {number}".encode()
            (root / label / f"{number}.txt").write_bytes(damaged(content, draw) if draw.random() < 0.1 else content)
    if draw.random() < 0.3:
        (root / "all.txt").write_text("a text\n" * 40, encoding="utf-8")
        (root / "loop").symlink_to(root)
    return root
