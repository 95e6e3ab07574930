import gzip
import json
import random
import tomllib

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.recipe_schema.families import recipe_type
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe
from seq2edge.pipeline.suggest import inspection
from seq2edge.pipeline.suggest.description import describe
from seq2edge.pipeline.suggest.inspection import inspect
from seq2edge.pipeline.suggest.suggestion import recipe_text, suggest

WORDS = [
    "red",
    "blue",
    "green",
    "small",
    "large",
    "old",
    "new",
    "fast",
    "slow",
    "warm",
    "cold",
    "quiet",
    "stone",
    "river",
    "house",
    "garden",
]


def rows(count, seed=0):
    draw = random.Random(seed)
    return [(" ".join(draw.choices(WORDS, k=5)), " ".join(draw.choices(WORDS, k=3))) for _ in range(count)]


def tsv(pairs):
    return "".join(f"{source}\t{target}\n" for source, target in pairs)


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.tsv", "one two\tthree\n", ("tsv", "utf-8", 0, 1)),
        ("a.tsv", "\n\none two\tthree\n", ("tsv", "utf-8", 0, 1)),
        ("a.txt", "one,two\n", ("csv", "utf-8", 0, 1)),
        ("a.csv", "id,Question,Answer\n1,what,that\n", ("csv", "utf-8", "Question", "Answer")),
        ("a.tsv", "id\tde\ten\n1\tja\tyes\n", ("tsv", "utf-8", "de", "en")),
        ("a.jsonl", '{"target": "b", "source": "a"}\n', ("jsonl", "utf-8", "source", "target")),
        ("a.tsv", "{x}\tbraces\n", ("tsv", "utf-8", 0, 1)),
        ("a.tsv", "안녕\t반가워\n".encode("cp949"), ("tsv", "cp949", 0, 1)),
        ("a.tsv", "für\tgrün\n".encode("latin-1"), ("tsv", "latin-1", 0, 1)),
        ("a.tsv", tsv(rows(4000)).encode("utf-16"), ("tsv", "utf-16", 0, 1)),
        ("a.tsv.gz", gzip.compress("가\t나\n".encode(), mtime=0), ("tsv", "utf-8", 0, 1)),
    ],
)
def test_format_encoding_and_columns_are_found(tmp_path, name, content, expected):
    file = inspect(put(tmp_path, name, content)).file
    assert (file.format, file.encoding, file.source, file.target) == expected


def test_pairs_duplicates_and_empty_sides_are_counted(tmp_path):
    pairs = [("안녕", "hello there"), ("안녕", "hello there"), ("안녕", "hi"), ("", "nothing")]
    found = inspect(put(tmp_path, "greetings.tsv", tsv(pairs)))
    assert (found.counts.pairs, found.counts.duplicates, found.counts.empty, found.counts.repeated_sources) == (
        4,
        1,
        1,
        1,
    )
    assert found.task == "translation"
    said = describe(found)
    assert "4 pairs; 1 duplicates, 1 with an empty side" in said
    assert "source: Hangul script" in said
    assert "target: Latin script" in said


def test_parallel_files_suggest_the_task_translation(tmp_path):
    sources, targets = zip(*rows(40), strict=True)
    found = inspect(put(tmp_path, "a.en", "\n".join(sources)), put(tmp_path, "a.de", "\n".join(targets)))
    assert (found.counts.pairs, found.task, found.file.format) == (40, "translation", "parallel")


@pytest.mark.parametrize(
    ("name", "content", "languages"),
    [
        ("a.tsv", "en\tde\n" + tsv(rows(40)), ("en", "de")),
        ("a.tsv", tsv(rows(40)), (None, None)),
        ("a.tsv", tsv([("안녕하세요", "good morning")] * 9), ("ko", None)),
        ("a.tsv", tsv([("안녕하세요", "hello"), ("good morning", "hello")]), (None, None)),
        ("a.jsonl", '{"ja": "ありがとう", "fr": "merci"}\n', ("ja", "fr")),
    ],
)
def test_languages_are_guessed_from_names_and_scripts(tmp_path, name, content, languages):
    found = inspect(put(tmp_path, name, content))
    assert (found.source_language, found.target_language) == languages


def test_languages_of_parallel_files_come_from_their_suffixes(tmp_path):
    sources, targets = zip(*rows(40), strict=True)
    found = inspect(put(tmp_path, "a.en", "\n".join(sources)), put(tmp_path, "a.de", "\n".join(targets)))
    recipe = Seq2SeqRecipe.model_validate(tomllib.loads(recipe_text(suggest(found))))
    assert recipe.data.languages == ["en", "de"]


@pytest.mark.parametrize("count", [30, 120, 3500])
def test_the_suggested_recipe_can_prepare_its_file(tmp_path, count):
    path = put(tmp_path, "pairs.tsv", tsv(rows(count)))
    text = recipe_text(suggest(inspect(path)))
    recipe = Seq2SeqRecipe.model_validate(tomllib.loads(text))
    data = prepare(recipe, tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    assert data.summary["too_many_tokens"] <= count * 0.03
    assert "# " in text
    assert "seq2edge train pairs.toml" in text


HANGUL = ["작은", "마을의", "돌", "강가에서", "집으로", "오래된", "정원", "빠르다", "조용히", "따뜻한", "겨울", "바다"]
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def of_digit_words(draw):
    number = f"{draw.randrange(10**4):04}"
    return " ".join(DIGITS[int(digit)] for digit in number), number


def of_hangul(draw):
    return " ".join(draw.choices(HANGUL, k=4)), " ".join(draw.choices(HANGUL, k=3))


def of_a_script_each_side(draw):
    return " ".join(draw.choices(WORDS, k=4)), " ".join(draw.choices(HANGUL, k=4))


def of_labels(draw):
    return " ".join(draw.choices(WORDS, k=30)), draw.choice("01")


def of_speech(draw):
    """Sentences of two languages, with few frequent and many rare words."""
    rank = min(int(draw.paretovariate(0.7)), 2000)
    english = " ".join(
        f"{WORDS[i % 16][:3]}{WORDS[i % 7][-2:]}{i % 11}" for i in range(rank, rank + draw.randrange(1, 7))
    )
    korean = " ".join(
        chr(0xAC00 + i * 37 % 11_000) + HANGUL[i % 12][:1] for i in range(rank, rank + draw.randrange(1, 5))
    )
    return f"{english}.", f"{korean}. {draw.randrange(10**6)}"


KINDS = [of_speech, of_digit_words, of_hangul, of_a_script_each_side, of_labels]


@pytest.mark.parametrize(
    ("kind", "count"), [*((kind, count) for kind in KINDS for count in (30, 60, 100, 300)), (of_speech, 1500)]
)
def test_a_recipe_written_by_init_can_always_be_prepared(tmp_path, kind, count):
    draw = random.Random(count)
    pairs = {kind(draw) for _ in range(2 * count)}
    path = put(tmp_path, "pairs.tsv", tsv(sorted(pairs)[:count]))
    values = tomllib.loads(recipe_text(suggest(inspect(path))))
    recipe = recipe_type(values["task"]).model_validate(values)
    data = prepare(recipe, tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    assert data.summary["pairs"]["test"] >= 2
    assert len(data.valid) >= 2
    assert sum(data.summary["pairs"].values()) == count
    family_of(recipe.task).model_config(recipe, data)


def test_a_recipe_for_code_does_not_change_the_code(code_file, tmp_path):
    recipe = Seq2SeqRecipe.model_validate(tomllib.loads(recipe_text(suggest(inspect(code_file, task="code")))))
    assert recipe.data.normalisations == ("NFC", "none")
    assert not recipe.tokenizer.joint
    data = prepare(recipe, tmp_path, PrepareOptions(quiet=True))
    assert data.target_tokenizer().decode(data.train["target_ids"].row(0)) == next(data.texts("train")).target


def test_suggested_vocabularies_are_smaller_than_the_limit(tmp_path):
    draw = random.Random(0)
    path = put(tmp_path, "pairs.tsv", tsv(of_a_script_each_side(draw) for _ in range(1600)))
    tokenizer = suggest(inspect(path)).fit.tokenizer
    assert tokenizer.vocabulary != tokenizer.target_vocabulary
    data = Seq2SeqRecipe.model_validate(tomllib.loads(recipe_text(suggest(inspect(path)))))
    for side in ("vocabulary", "target_vocabulary"):
        larger = data.tokenizer.model_copy(update={side: getattr(tokenizer, side) + 2})
        prepare(data.model_copy(update={"tokenizer": larger}), tmp_path / side, PrepareOptions(tmp_path, quiet=True))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (rows(29), r"pairs\.tsv: 29 usable pairs found, at least 30 are needed$"),
        (rows(20) * 3, "20 usable pairs found, at least 30 are needed; dropped: 40 duplicate$"),
        ([("the same", f"reply {i}") for i in range(99)], "99 pairs with 1 different sources cannot be divided"),
        (
            [(" ".join(f"x{i}y{j}" for j in range(2100)), "b") for i in range(40)],
            "only 0 of 40 pairs have at most 2,048 tokens",
        ),
    ],
)
def test_unusable_pairs_are_refused(tmp_path, pairs, message):
    found = inspect(put(tmp_path, "pairs.tsv", tsv(pairs)))
    with pytest.raises(UserError, match=message):
        suggest(found)


def test_the_sample_covers_all_of_a_large_file(tmp_path, monkeypatch):
    monkeypatch.setattr(inspection, "SAMPLE", 100)
    found = inspect(put(tmp_path, "sorted.tsv", tsv((f"{'a' * i}", "b") for i in range(1, 1001))))
    assert (found.counts.pairs, len(found.counts.sample)) == (1000, 100)
    assert 400 < found.source.median < 600


def test_many_different_characters_fit_the_vocabulary(tmp_path):
    draw = random.Random(0)
    texts = ["".join(chr(0x4E00 + draw.randrange(1500)) for _ in range(12)) for _ in range(1600)]
    found = inspect(put(tmp_path, "han.tsv", tsv(zip(texts[::2], texts[1::2], strict=True))))
    assert suggest(found).fit.tokenizer.vocabulary > 1500
    assert (found.source.script, found.target.script) == ("Cjk", "Cjk")


def test_unusual_paths_and_columns_are_quoted_in_the_recipe(tmp_path):
    name = 'my "pairs" \\ 짝.jsonl'
    lines = [json.dumps({'q"': source, "a\\": target}) for source, target in rows(30)]
    path = put(tmp_path, name, "\n".join(lines))
    file = tomllib.loads(recipe_text(suggest(inspect(path))))["data"]["files"][0]
    assert (file["path"], file["source"], file["target"]) == (str(path), 'q"', "a\\")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "", r"a\.tsv: the file is empty"),
        ("a.tsv", "only one column\n", "row 1: 1 column; a source and a target are needed"),
        ("a.tsv", "a\tb\nc\n", r"a\.tsv, row 2: 1 columns, at least 2"),
        ("a.jsonl", "1\n", "row 1: neither a JSON object nor an array"),
        ("a.bin", b"\x00\x01\x02", "not a text file"),
        ("a.tsv.gz", gzip.compress(tsv(rows(3000)).encode(), mtime=0)[:3000], "damaged or truncated gzip"),
    ],
)
def test_a_file_without_pairs_is_refused(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message):
        inspect(put(tmp_path, name, content))
