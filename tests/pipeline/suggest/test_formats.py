"""Files as users have them: `init` recognises each, and its recipe reads the same pairs."""

import gzip
import io
import json
import lzma
import tomllib
import zipfile

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.readers import read_pairs
from seq2edge.pipeline.recipe_schema.data import Data, File
from seq2edge.pipeline.suggest import suggestion
from seq2edge.pipeline.suggest.columns import Wish
from seq2edge.pipeline.suggest.description import describe
from seq2edge.pipeline.suggest.fitting import Fit
from seq2edge.pipeline.suggest.inspection import inspect
from seq2edge.pipeline.suggest.suggestion import recipe_text, suggest

KOREAN = [
    "오늘은 날씨가 좋네요",
    "내일 학교에 가야 합니다",
    "저는 커피를 좋아해요",
    "그 책은 어디에 있나요",
    "정말 고맙습니다",
]
ENGLISH = [
    "the weather is fine, today",
    "I must go to school; tomorrow",
    'he said "coffee"',
    "where is the book",
    "thanks",
]
PAIRS = [(f"{ENGLISH[i % 5]} {i}", f"{KOREAN[i // 5 % 5]} {i}") for i in range(40)]
KOREAN_CHAT = [(f"{KOREAN[i % 5]} {i}", f"{KOREAN[(i + 1) % 5]} {i}") for i in range(40)]


def rows(pairs, delimiter, end="\n", before=()):
    """A table whose cells are quoted if necessary."""

    def cell(text):
        needs_quotes = delimiter in text or '"' in text
        return '"' + text.replace('"', '""') + '"' if needs_quotes else text

    return "".join(delimiter.join(map(cell, row)) + end for row in [*before, *pairs])


def tsv(pairs, end="\n"):
    return "".join(f"{source}\t{target}{end}" for source, target in pairs)


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_dot_", "."), text)
    return content.getvalue()


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture(autouse=True)
def sizes_without_trying(monkeypatch):
    """Skip the search for vocabulary sizes, which takes long and is not tested here."""
    monkeypatch.setattr(suggestion, "fit", lambda sample, data, tokenizer, **_: Fit(data, tokenizer, 16, 16, 8))


def pairs_of_recipe(found):
    """The pairs that the written recipe reads."""
    (file,) = Data.model_validate(tomllib.loads(recipe_text(suggest(found)))["data"]).files
    target = file.target_path and found.target_path
    return [(pair.source, pair.target) for pair in read_pairs(file, found.path, target)]


HEADER = [("question", "answer")]
OBJECTS = [{"question": source, "answer": target} for source, target in PAIRS]
FILES = {
    "tab": ("a.tsv", tsv(PAIRS)),
    "tab, CRLF": ("a.txt", tsv(PAIRS, "\r\n")),
    "tab, CR": ("a.tsv", tsv(PAIRS, "\r")),
    "tab, quoted by Excel": ("a.txt", rows(PAIRS, "\t", "\r\n")),
    "comma": ("a.csv", rows(PAIRS, ",")),
    "comma, CR": ("a.csv", rows(PAIRS, ",", "\r", HEADER)),
    "comma, header": ("a.csv", rows(PAIRS, ",", "\r\n", HEADER)),
    "comma in .txt": ("a.txt", rows(PAIRS, ",")),
    "semicolon": ("a.csv", rows(PAIRS, ";")),
    "semicolon and a line for Excel": ("a.csv", "sep=;\r\n" + rows(PAIRS, ";", "\r\n", HEADER)),
    "tab in .csv": ("a.csv", rows(PAIRS, "\t")),
    "bar": ("a.csv", rows(PAIRS, "|")),
    "JSON Lines": ("a.jsonl", "".join(json.dumps(one) + "\n" for one in OBJECTS)),
    "JSON Lines of arrays": ("a.jsonl", "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in PAIRS)),
    "JSON Lines in .json": ("a.json", "".join(json.dumps(one) + "\n" for one in OBJECTS)),
    "JSON Lines in .txt": ("a.txt", "".join(json.dumps(one) + "\n" for one in OBJECTS)),
    "JSON array of objects": ("a.json", json.dumps(OBJECTS, ensure_ascii=False, indent=2)),
    "JSON array of objects in a line": ("a.json", json.dumps(OBJECTS)),
    "JSON array of pairs": ("a.json", json.dumps(PAIRS)),
    "JSON array of pairs in .txt": ("a.txt", json.dumps(PAIRS, indent=1)),
    "JSON array in an object": ("a.json", json.dumps({"version": "1.0", "data": OBJECTS})),
    "UTF-8 with a mark": ("a.csv", rows(PAIRS, ",", before=HEADER).encode("utf-8-sig")),
    "UTF-16 of Excel": ("a.txt", rows(PAIRS, "\t", "\r\n", HEADER).encode("utf-16")),
    "UTF-16, big end first": ("a.txt", b"\xfe\xff" + tsv(PAIRS).encode("utf-16-be")),
    "UTF-16 without a mark": ("a.csv", rows(PAIRS, ",").encode("utf-16-le")),
    "UTF-16, big end first, without a mark": ("a.csv", rows(PAIRS, ",").encode("utf-16-be")),
    "cp949": ("a.csv", rows(PAIRS, ",", "\r\n", HEADER).encode("cp949")),
    "gzip": ("a.csv.gz", gzip.compress(rows(PAIRS, ";").encode(), mtime=0)),
    "xz": ("a.tsv.xz", lzma.compress(tsv(PAIRS).encode())),
    "zip": ("a.zip", zipped(pairs_dot_csv=rows(PAIRS, ","))),
    "zip of Tatoeba": ("kor-eng.zip", zipped(_about_dot_txt="about", kor_dot_txt=tsv(PAIRS), README="read me")),
    "zip of JSON": ("a.zip", zipped(pairs_dot_json=json.dumps(OBJECTS))),
}


@pytest.mark.parametrize("name", FILES)
def test_the_suggested_recipe_reads_the_pairs_of_every_format(tmp_path, name):
    assert pairs_of_recipe(inspect(put(tmp_path, *FILES[name]))) == PAIRS


def test_unquoted_later_rows_make_all_quotes_text(tmp_path):
    pairs = [*PAIRS * 10, ('"really" he said', "정말")]
    found = inspect(put(tmp_path, "a.txt", rows(PAIRS * 10, "\t") + tsv(pairs[-1:])))
    assert (found.file.format, pairs_of_recipe(found)[-1]) == ("tsv", pairs[-1])


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16", "utf-16-le"])
def test_a_file_with_only_korean_is_decoded(tmp_path, encoding):
    found = inspect(put(tmp_path, "a.tsv", tsv(KOREAN_CHAT).encode(encoding)))
    assert (found.file.encoding, found.task, found.notes) == (encoding, "chat", ())
    assert pairs_of_recipe(found) == KOREAN_CHAT


def test_korean_late_in_a_file_is_found(tmp_path):
    content = tsv([("plain", "words")] * 10_000) + tsv(KOREAN_CHAT)
    assert inspect(put(tmp_path, "a.tsv", content.encode("cp949"))).file.encoding == "cp949"


WESTERN = [("où est la gare", "wo ist der Bahnhof"), ("l'été est là", "für die Größe"), ("déjà vu", "schöne Grüße")]


@pytest.mark.parametrize(
    ("texts", "written", "found"),
    [
        (WESTERN, "latin-1", "latin-1"),
        ([*WESTERN, ("“ça va”", "– ja")], "cp1252", "cp1252"),
        ([("Привет, как дела?", "hello"), ("Я хочу есть", "I want to eat")], "cp1251", "cp1251"),
        ([("こんにちは。元気ですか", "hello"), ("私は学生です", "I am a student")], "shift_jis", "shift_jis"),
        ([("你好，你怎么样", "hello"), ("我是一个学生", "I am a student")], "gb18030", "gb18030"),
    ],
)
def test_encodings_of_other_languages_are_unsure(tmp_path, texts, written, found):
    inspection = inspect(put(tmp_path, "a.tsv", tsv(texts * 15).encode(written)))
    assert inspection.file.encoding == found
    assert f"unsure: the encoding may not be {found}" in describe(inspection)


def test_one_damaged_line_of_utf8_is_named(tmp_path):
    path = put(tmp_path, "a.tsv", tsv(PAIRS).encode() + b"a\t\xff\n")
    with pytest.raises(UserError, match="row 41: not utf-8"):
        inspect(path)


@pytest.mark.parametrize(
    ("first", "pairs"),
    [
        (("질문", "답"), KOREAN_CHAT),
        (("質問", "回答"), KOREAN_CHAT),
        (("English", "Korean"), PAIRS),
        (("영어", "한국어"), PAIRS),
        (("Angol", "Koreai"), PAIRS),  # Hungarian; the second column is in another script
    ],
)
def test_headers_in_any_language_are_recognised(tmp_path, first, pairs):
    found = inspect(put(tmp_path, "a.csv", rows(pairs, ",", before=[first])))
    assert (found.file.source, found.file.target) == first
    assert pairs_of_recipe(found) == pairs


def test_a_doubtful_header_is_reported_as_unsure(tmp_path):
    sentences = [(f"{source}.", f"{target}.") for source, target in KOREAN_CHAT]
    found = inspect(put(tmp_path, "a.csv", rows(sentences, ",", before=[("묻기", "말하기")])))
    assert "unsure: row 1 ('묻기', '말하기') was read as a header" in describe(found)
    assert pairs_of_recipe(found) == sentences


@pytest.mark.parametrize(
    "pairs",
    [
        [("Go.", "가."), ("Hi.", "안녕."), *PAIRS],  # sorted by length, as Tatoeba is
        [("english", "영어"), *((f"word{i}", f"낱말{i}") for i in range(40))],  # a dictionary
        PAIRS,
    ],
)
def test_the_first_pair_is_not_read_as_a_header(tmp_path, pairs):
    assert pairs_of_recipe(inspect(put(tmp_path, "a.tsv", tsv(pairs)))) == pairs


LICENCE = "CC-BY 2.0 (France) Attribution: tatoeba.org #"
TABLES = {
    "id": ("id\ten\tko\n", lambda i, en, ko: (str(i), en, ko)),
    "id without a header": ("", lambda i, en, ko: (str(i), en, ko)),
    "codes": ("", lambda i, en, ko: (f"dev-{i:05}", en, ko)),
    "score": ("", lambda i, en, ko: (en, ko, f"{i / 40:.2f}")),
    "score and address": ("", lambda i, en, ko: (f"https://a.org/{i}", f"{i / 40:.2f}", en, ko)),
    "names of languages": ("", lambda i, en, ko: (str(i), "eng", en, "kor", ko)),
    "licence": ("", lambda i, en, ko: (en, ko, f"{LICENCE}{i} & #{i * 7}")),
}


@pytest.mark.parametrize("name", TABLES)
def test_other_columns_are_left_out(tmp_path, name):
    header, row = TABLES[name]
    found = inspect(put(tmp_path, "a.tsv", header + "".join("\t".join(row(i, *PAIRS[i])) + "\n" for i in range(40))))
    assert pairs_of_recipe(found) == PAIRS
    assert found.notes == ()


THREE = "".join(f"{i}\t{en}\t{ko}\tremark {i % 30} on it\n" for i, (en, ko) in enumerate(PAIRS))


def test_two_of_several_text_columns_are_chosen_with_a_note(tmp_path):
    found = inspect(put(tmp_path, "a.tsv", "no\tbody\theading\tremark\n" + THREE))
    assert (found.file.source, found.file.target) == ("body", "heading")
    assert "unsure: 3 columns have texts ('body', 'heading', 'remark'); 'body' and 'heading' were chosen" in describe(
        found
    )


@pytest.mark.parametrize(
    ("wish", "columns"),
    [
        (Wish(source="heading", target="body"), ("heading", "body")),
        (Wish(source="2", target="3"), ("heading", "remark")),
        (Wish(source="0", target="body"), ("no", "body")),
        (Wish(target="remark"), ("body", "remark")),
        (Wish(ask=lambda table, texts: (texts[2], texts[0])), ("remark", "body")),
    ],
)
def test_the_user_names_columns(tmp_path, wish, columns):
    found = inspect(put(tmp_path, "a.tsv", "no\tbody\theading\tremark\n" + THREE), wish=wish)
    assert (found.file.source, found.file.target) == columns


def test_columns_without_clear_names_are_numbers(tmp_path):
    found = inspect(
        put(tmp_path, "a.csv", rows([(str(i), *PAIRS[i]) for i in range(40)], ",", before=[("id", "", "")]))
    )
    assert (found.file.source, found.file.target) == (1, 2)
    named = [(str(i), *PAIRS[i]) for i in range(40)]
    found = inspect(put(tmp_path, "b.csv", rows(named, ",", before=[("id", "{en}", "ko")])))
    assert (found.file.source, found.file.target, found.file.header) == (1, 2, True)
    assert pairs_of_recipe(found) == PAIRS


def test_json_keys_that_are_sometimes_missing_are_left_out(tmp_path):
    objects = [{"about": "a note" if i < 20 else None, "said": en, "meant": ko} for i, (en, ko) in enumerate(PAIRS)]
    assert pairs_of_recipe(inspect(put(tmp_path, "a.json", json.dumps(objects)))) == PAIRS


def test_parallel_files_are_read_in_their_encoding(tmp_path):
    sources, targets = zip(*PAIRS, strict=True)
    english, korean = put(tmp_path, "a.en", "\n".join(sources)), tmp_path / "a.ko"
    korean.write_bytes("\n".join(targets).encode("cp949"))
    found = inspect(english, korean)
    assert (found.file.encoding, pairs_of_recipe(found)) == ("cp949", PAIRS)
    korean.write_bytes("\n".join(targets).encode("utf-16"))
    english.write_bytes("\n".join((*sources, "é")).encode())
    with pytest.raises(UserError, match=r"a\.en utf-8, .*a\.ko utf-16: parallel files need the same encoding"):
        inspect(english, korean)


def workbook(folder, sheets):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    path = folder / "짝.xlsx"
    book.save(path)
    return path


def test_a_spreadsheet_is_read(tmp_path):
    cells = [("번호", "질문", "답"), *((i, source, target) for i, (source, target) in enumerate(PAIRS))]
    found = inspect(workbook(tmp_path, {"말": cells}))
    assert (found.file.format, found.file.source, found.file.target) == ("xlsx", "질문", "답")
    assert pairs_of_recipe(found) == PAIRS


def test_the_first_of_several_sheets_is_read(tmp_path):
    found = inspect(workbook(tmp_path, {"first": PAIRS, "other": [("a", "b")]}))
    assert found.file.sheet == "first"
    assert "unsure: the first of the sheets first, other is read" in describe(found)
    assert pairs_of_recipe(found) == PAIRS


def test_all_rows_of_a_sheet_with_a_wrong_size_are_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for pair in PAIRS:
        book.active.append(pair)
    book.save(tmp_path / "right.xlsx")
    with zipfile.ZipFile(tmp_path / "right.xlsx") as right, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as wrong:
        for name in right.namelist():
            wrong.writestr(name, right.read(name).replace(b'<dimension ref="A1:B40"', b'<dimension ref="A1"'))
    assert [(pair.source, pair.target) for pair in read_pairs(File(path="a.xlsx"), tmp_path / "a.xlsx")] == PAIRS


def test_a_spreadsheet_without_openpyxl_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    path = put(tmp_path, "a.xlsx", zipped(x="y"))
    with pytest.raises(UserError, match=r"a spreadsheet needs openpyxl; pip install 'seq2edge\[spreadsheet\]'$"):
        inspect(path)


VIETNAMESE = ["tôi đang đi học", "hôm nay trời đẹp", "bạn có khỏe không", "cô ấy thích cà phê", "sách ở đâu vậy"]
SIMPLE = [
    "i am going to school",
    "the weather is fine today",
    "how are you now",
    "she likes coffee",
    "where is the book",
]


@pytest.mark.parametrize(
    ("pairs", "task"),
    [
        ([(f"{SIMPLE[i % 5]} {i}", f"{VIETNAMESE[i % 5]} {i}x") for i in range(40)], "translation"),
        ([(f"{SIMPLE[i % 5]} {i}", f"{SIMPLE[(i + 2) % 5]} {i}x") for i in range(40)], "chat"),
        ([(" ".join(SIMPLE) + f" {i}", f"{SIMPLE[i % 5]} {i}x") for i in range(40)], "summarisation"),
    ],
)
def test_the_task_is_guessed_from_the_words(tmp_path, pairs, task):
    assert inspect(put(tmp_path, "a.tsv", tsv(pairs))).task == task


def test_the_description_shows_five_pairs(tmp_path):
    said = describe(inspect(put(tmp_path, "a.csv", rows(PAIRS, ";"))))
    assert [line for line in said.split("\n") if line.startswith("  ")] == [f"  {a!r} → {b!r}" for a, b in PAIRS[:5]]
    assert "csv, separated by ;, utf-8, columns 0 → 1" in said


ZIP = zipped(pairs_dot_tsv=tsv(PAIRS))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, r"a\.xls: an old Excel workbook \(\.xls\); save it as \.xlsx"),
        ("a.xlsx", b"PK\x03\x04 no", r"a\.xlsx: not an Excel workbook \(\.xlsx\)"),
        (
            "a.zip",
            zipped(a_dot_tsv="a\tb", b_dot_tsv="a\tb"),
            "must contain one data file, got 2: a.tsv, b.tsv; unpack it",
        ),
        ("a.zip", zipped(README="about"), r"a\.zip must contain one data file, got 0; unpack it"),
        ("a.zip", ZIP.replace(b"PK\x01\x02", b"PK\x01\x03"), r"a\.zip: damaged or truncated zip file"),
        ("a.zip", b"no archive", r"a\.zip: damaged or truncated zip file"),
        ("a.tsv.xz", lzma.compress(tsv(PAIRS).encode())[:80], r"damaged or truncated xz file"),
        ("a.json", '{"a": 1}', r"a\.json, row 1: 1 keys with texts; .* keys: a"),
        ("a.json", '{\n"a": 1}', r"a\.json must be a JSON array of objects or of pairs"),
        ("a.json", '[{"a": "b", ', r"a\.json: invalid JSON"),
        ("a.json", '["a", "b"]\n"c"', r"a\.json, row 2: neither a JSON object nor an array"),
        ("a.json", "[1,\n2]", r"a\.json, row 1: neither a JSON object nor an array"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message):
        suggest(inspect(put(tmp_path, name, content)))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(source="title"), "--source title: no such column; columns: 0, 1"),
        (Wish(target="b.tsv"), "--target b.tsv: no such file or column; columns: 0, 1"),
        (Wish(source="0", target="5"), "--target 5: no such column; columns: 0, 1"),
        (Wish(source="1", target="1"), "--source 1 and --target 1 are the same column; columns: 0, 1"),
    ],
)
def test_missing_columns_are_refused(tmp_path, wish, message):
    with pytest.raises(UserError, match=rf"a\.tsv: {message}$"):
        inspect(put(tmp_path, "a.tsv", tsv(PAIRS)), wish=wish)


def test_a_damaged_workbook_is_refused_in_one_line(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for number in range(400):
        book.active.append([f"question {number}", f"answer {number}"])
    book.save(tmp_path / "a.xlsx")
    content = (tmp_path / "a.xlsx").read_bytes()
    for place in range(0, len(content), len(content) // 60):
        damaged = content[:place] + bytes(byte ^ 0x55 for byte in content[place : place + 8]) + content[place + 8 :]
        (tmp_path / "a.xlsx").write_bytes(damaged)
        try:
            inspect(tmp_path / "a.xlsx")
        except UserError as error:
            assert "\n" not in str(error)  # noqa: PT017 (what is not read may be damaged)
