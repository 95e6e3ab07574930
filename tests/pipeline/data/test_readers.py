import gzip
import io
import json
import lzma
import zipfile

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.recipe_schema.data import File

KEYS = {"source": "s", "target": "t"}


def zipped(name, text):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, text)
    return content.getvalue()


PAIRS = [Pair("hello there", "안녕"), Pair("a, b", 'say "hi"')]


def read(tmp_path, name, content, **settings):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return list(read_pairs(File(path=name, **settings), path))


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("a.tsv", 'hello there\t안녕\na, b\tsay "hi"\n', {}),
        ("crlf.tsv", 'hello there\t안녕\r\na, b\tsay "hi"\r\n', {}),
        ("bom.tsv", '\ufeffhello there\t안녕\na, b\tsay "hi"', {}),
        ("b.tsv", 'n\ten\tko\n1\thello there\t안녕\n2\ta, b\tsay "hi"\n', {"source": "en", "target": "ko"}),
        ("c.csv", 'Q,A\nhello there,안녕\n"a, b","say ""hi"""\n', {"source": "Q", "target": "A"}),
        (
            "d.jsonl",
            '{"s": "hello there", "t": "안녕"}\n{"s": "a, b", "t": "say \\"hi\\""}\n',
            {"source": "s", "target": "t"},
        ),
        ("c.csv", 'hello there;안녕\n"a, b";"say ""hi"""\n', {"delimiter": ";"}),
        (
            "c.csv",
            'sep=;\nQ;A\nhello there;안녕\na, b;"say ""hi"""\n',
            {"delimiter": ";", "source": "Q", "target": "A"},
        ),
        ("d.jsonl", '["hello there", "안녕"]\n["a, b", "say \\"hi\\""]\n', {}),
        ("d.json", '[["hello there", "안녕"],\n ["a, b", "say \\"hi\\""]]', {}),
        ("d.json", json.dumps([{"s": "hello there", "t": "안녕"}, {"s": "a, b", "t": 'say "hi"'}]), KEYS),
        ("d.json", json.dumps({"data": [{"s": "hello there", "t": "안녕"}, {"s": "a, b", "t": 'say "hi"'}]}), KEYS),
        ("cr.tsv", 'hello there\t안녕\ra, b\tsay "hi"\r', {"line_end": "cr"}),
        ("cr.csv", 'hello there,안녕\r"a, b","say ""hi"""\r', {"line_end": "cr"}),
        ("e.tsv", 'hello there\t안녕\na, b\tsay "hi"\n'.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("e.tsv.xz", lzma.compress('hello there\t안녕\na, b\tsay "hi"\n'.encode()), {}),
        ("e.tsv.zip", zipped("a.tsv", 'hello there\t안녕\na, b\tsay "hi"\n'), {}),
        ("e.tsv.gz", gzip.compress('hello there\t안녕\na, b\tsay "hi"\n'.encode(), mtime=0), {}),
    ],
)
def test_every_format_gives_the_same_pairs(tmp_path, name, content, settings):
    assert read(tmp_path, name, content, **settings) == PAIRS


FIELDS = [("News", "A dog runs.", "short"), ("", "{title}", "it's")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "title\tlabel\ttext\n" + "".join(f"{a}\t{c}\t{b}\n" for a, b, c in FIELDS)),
        ("a.csv", "text,title,label\n" + "".join(f'"{b}","{a}",{c}\n' for a, b, c in FIELDS)),
        ("a.jsonl", "".join(json.dumps({"title": a, "text": b, "label": c, "id": 1}) + "\n" for a, b, c in FIELDS)),
    ],
)
def test_a_side_is_made_of_named_fields(tmp_path, name, content):
    found = read(tmp_path, name, content, source="{title} </s> {text}", target="[{{{label}}}]")
    assert found == [Pair("News </s> A dog runs.", "[{short}]"), Pair(" </s> {title}", "[{it's}]")]


def test_two_parallel_files_are_read(tmp_path):
    (tmp_path / "a.en").write_text("one\n\ntwo\n")
    (tmp_path / "a.ko").write_text("하나\n\n둘\n")
    file = File(path="a.en", target_path="a.ko", format="parallel")
    found = list(read_pairs(file, tmp_path / "a.en", tmp_path / "a.ko"))
    assert found == [Pair("one", "하나"), Pair("", ""), Pair("two", "둘")]


INSIDE = "a\u2028b\u2029c\x85d\fe\vf\x1cg\x1dh\x1ei\rj"  # each one ends a line for str.splitlines()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_a_line_feed_ends_a_row(tmp_path, end):
    expected = [Pair(INSIDE, "one"), Pair("two", INSIDE)]
    assert read(tmp_path, "a.tsv", f"{INSIDE}\tone{end}two\t{INSIDE}{end}") == expected
    lines = [json.dumps({"s": pair.source, "t": pair.target}, ensure_ascii=False) for pair in expected]
    assert read(tmp_path, "a.jsonl", end.join(lines), source="s", target="t") == expected
    for side in ("source", "target"):
        (tmp_path / side).write_bytes("".join(getattr(pair, side) + end for pair in expected).encode())
    file = File(path="source", target_path="target")
    assert list(read_pairs(file, tmp_path / "source", tmp_path / "target")) == expected


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_csv_cell_keeps_its_carriage_returns(tmp_path, quote):
    content = f"{quote}{INSIDE}{quote},one\r\ntwo,{quote}{INSIDE}{quote}\r\n"
    assert read(tmp_path, "a.csv", content) == [Pair(INSIDE, "one"), Pair("two", INSIDE)]


def test_white_space_is_not_changed(tmp_path):
    text = "\tif a:\r\n\r\n    b  \r"
    assert read(tmp_path, "a.csv", f'a,"{text}"\r\n') == [Pair("a", text)]
    assert read(tmp_path, "a.jsonl", json.dumps({"s": "a", "t": text}), source="s", target="t") == [Pair("a", text)]
    assert read(tmp_path, "a.tsv", "a\t  b \r\r\n") == [Pair("a", "  b \r")]


def test_parallel_files_of_unequal_length_are_refused(tmp_path):
    (tmp_path / "a.en").write_text("one\ntwo\n")
    (tmp_path / "a.ko").write_text("하나\n")
    with pytest.raises(UserError, match=r"a\.ko: ends before row 2"):
        list(read_pairs(File(path="a.en", target_path="a.ko"), tmp_path / "a.en", tmp_path / "a.ko"))


@pytest.mark.parametrize(
    ("name", "content", "settings", "message"),
    [
        ("a.tsv", "", {}, r"a\.tsv: the file is empty"),
        ("a.tsv", "one\ttwo\nonly one\n", {}, r"a\.tsv, row 2: 1 columns, at least 2"),
        ("a.tsv", "x\ty\n", {"source": "en", "target": "y"}, "row 1: no column 'en'; columns: x, y"),
        (
            "a.jsonl",
            '{"s": "a"}\n',
            {"source": "s", "target": "t"},
            "row 1: key 't' is missing or not text",
        ),
        (
            "a.tsv",
            "x\ty\n",
            {"source": "{x}-{z}"},
            r"a\.tsv, row 1: no column 'z' of the template '\{x\}-\{z\}'; columns: x",
        ),
        ("a.tsv", "x\ty\n1\n", {"source": "{x}-{y}", "target": "x"}, r"a\.tsv, row 2: 1 columns, at least 2"),
        (
            "a.jsonl",
            '{"s": "a", "t": "b"}\n{"s": null, "t": "b"}\n',
            {"source": "{t} {s}", "target": "t"},
            r"a\.jsonl, row 2: key 's' of the template '\{t\} \{s\}' is missing or not text",
        ),
        ("a.jsonl", '{"s"\n', {"source": "s", "target": "t"}, "row 1: invalid JSON"),
        ("a.tsv", "a\t가\n".encode("cp949"), {}, "row 1: not utf-8: byte 0xb0"),
        ("a.tsv", b"a\tb\n" * 5000 + b"a\t\xff\n", {}, "row 5001: not utf-8: byte 0xff"),
        ("a.csv", b"a,b\n" * 3 + b"a,\xff\n", {}, "row 4: not utf-8: byte 0xff"),
        ("a.csv", 'a,"b\n', {}, "row 1: invalid CSV"),
        ("a.tsv", "a\tb\n", {"source": -1}, "column -1: column numbers start at 0"),
        ("a.tsv", "a\tb\n", {"format": "bundled"}, "format must be one of .*, got 'bundled', which is reserved"),
        ("a.jsonl", "[" * 100_000, {"source": "s", "target": "t"}, "row 1: invalid JSON"),
        ("a.jsonl", '{"s": ' + "1" * 5000 + "}", {"source": "s", "target": "t"}, "row 1: invalid JSON"),
        ("a.tsv", "a\tb\n", {"encoding": "utf-99"}, "unknown encoding 'utf-99'"),
        ("a.tsv.gz", gzip.compress(b"a\tb\n" * 1000, mtime=0)[:30], {}, "damaged or truncated gzip"),
        ("a.tsv.gz", b"plain text", {}, "damaged or truncated gzip"),
        ("a.tsv.xz", lzma.compress(b"a\tb\n" * 1000)[:40], {}, "damaged or truncated xz"),
        ("a.tsv.zip", b"plain text", {}, "damaged or truncated zip"),
        ("a.json", "[1]", {}, r"a\.json, row 1: neither a JSON object nor an array"),
        ("a.json", '[["a"]]', {}, r"a\.json, row 1: item 1 is missing or not text"),
        ("a.json", "{}", {}, r"a\.json must be a JSON array of objects or of pairs"),
        ("a.json", " ", {}, "the file is empty"),
        ("a.dat", "a\tb\n", {}, "the name does not tell the format"),
    ],
)
def test_mistakes_are_reported_with_file_and_row(tmp_path, name, content, settings, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, name, content, **settings)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(UserError, match=r"no\.tsv: no such file"):
        list(read_pairs(File(path="no.tsv"), tmp_path / "no.tsv"))


def test_a_second_file_is_refused_for_formats_with_one(tmp_path):
    (tmp_path / "a.tsv").write_text("a\tb\n")
    file = File(path="a.tsv", target_path="b.tsv", format="tsv")
    with pytest.raises(UserError, match="format 'tsv' does not match target_path"):
        list(read_pairs(file, tmp_path / "a.tsv", tmp_path / "b.tsv"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf8", "UTF_8"])
def test_a_byte_order_mark_is_dropped_in_every_encoding(tmp_path, encoding):
    assert list(read(tmp_path, "a.tsv", "\ufeffa\tb\n", encoding=encoding)) == [Pair("a", "b")]
