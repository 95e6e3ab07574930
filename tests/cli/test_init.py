import io
import re
import sys

import pytest

from seq2edge.cli.init import duration
from seq2edge.cli.main import main
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

ENGLISH_KOREAN = "".join(f"Sentence number {i}.\t문장 번호 {i}.\n" for i in range(50))


def init(tmp_path, name, content, *options, capsys):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    output = tmp_path / "recipe.toml"
    status = main(["init", str(path), "--output", str(output), *options])
    captured = capsys.readouterr()
    return status, captured.out, captured.err, output


def test_a_tsv_of_two_languages_becomes_a_translation_recipe(tmp_path, capsys):
    status, out, _, output = init(tmp_path, "pairs.tsv", ENGLISH_KOREAN, capsys=capsys)
    recipe = load_recipe(output)
    assert status == 0
    assert "50 pairs; 0 duplicates" in out
    assert "Latin script" in out
    assert "Hangul script" in out
    assert (recipe.task, recipe.data.files[0].source, recipe.tokenizer.joint) == ("translation", 0, False)


def test_a_csv_with_a_header_is_read_by_its_column_names(tmp_path, capsys):
    rows = "id,answer,question\n" + "".join(f'{i},"yes, {i}",is it {i}?\n' for i in range(30))
    _, out, _, output = init(tmp_path, "log.csv", rows + "0,,empty\n", capsys=capsys)
    file = load_recipe(output).data.files[0]
    assert (file.format, file.source, file.target) == ("csv", "question", "answer")
    assert "1 with an empty side" in out


def test_other_encodings_are_recognised(tmp_path, capsys):
    text = "".join(f"{i}번째 질문입니다\t{i}번째 대답입니다\n" for i in range(40)) * 2
    _, out, _, output = init(tmp_path, "old.tsv", text.encode("cp949"), capsys=capsys)
    assert load_recipe(output).data.files[0].encoding == "cp949"
    assert "40 duplicates" in out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "", "file is empty"),
        ("a.tsv", "one column only\n", "1 column; a source and a target are needed"),
        ("a.tsv", b"\x00\x01\x02" * 100, "not a text file"),
        ("a.tsv.gz", b"\x1f\x8bgarbage", "damaged or truncated gzip"),
        ("a.tsv", "one\tonly\n", "1 usable pairs found, at least 30 are needed"),
        ("a.tsv", "a\tb\n", "1 usable pairs found, at least 30 are needed"),
    ],
)
def test_a_file_without_pairs_is_refused_in_one_line_with_status_2(tmp_path, capsys, name, content, message):
    status, _, err, output = init(tmp_path, name, content, capsys=capsys)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
    assert not output.exists()


def test_an_existing_recipe_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "recipe.toml").write_text("mine")
    status, _, err, output = init(tmp_path, "pairs.tsv", ENGLISH_KOREAN, capsys=capsys)
    assert status == 2
    assert "already exists" in err
    assert output.read_text() == "mine"
    assert init(tmp_path, "pairs.tsv", ENGLISH_KOREAN, "--overwrite", capsys=capsys)[0] == 0


def test_labelled_texts_become_a_recipe_for_a_classifier(tmp_path, capsys):
    rows = "label,text\n" + "".join(f'{label},"say, {i}"\n' for i in range(40) for label in ("yes", "no"))
    status, out, _, output = init(tmp_path, "answers.csv", rows, capsys=capsys)
    recipe = load_recipe(output)
    assert status == 0
    assert "labels: 2; yes 40, no 40" in out
    assert "with a header, columns 'text' → 'label'" in out
    assert (recipe.task, recipe.model.encoder.kind, recipe.training.stop_on) == ("classification", "bag", "accuracy")
    assert not any(key in output.read_text() for key in ("target_language", "target_length", "[decoding]"))


def test_a_chat_with_unanswered_messages_gets_a_fallback(tmp_path, capsys):
    answered = "".join(f"when do you open on day {i}\tWe open at nine.\n" for i in range(40))
    unanswered = "".join(f"who wrote book {i}\t⁇\n" for i in range(20))
    _, out, _, output = init(tmp_path, "shop.tsv", answered + unanswered, "--task", "chat", capsys=capsys)
    assert "20 messages without an answer (⁇); the recipe has a fallback for these" in out
    fallback = load_recipe(output).decoding.fallback
    assert fallback == load_recipe(find_recipe("quickstart")).decoding.fallback
    _, out, _, output = init(tmp_path, "shop.tsv", answered, "--task", "chat", "--overwrite", capsys=capsys)
    assert "without an answer" not in out
    assert load_recipe(output).decoding.fallback is None


def test_the_recipe_leads_to_the_file_that_was_inspected(tmp_path, capsys, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pairs.tsv").write_text("another file\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.tsv").write_text(ENGLISH_KOREAN, encoding="utf-8")
    assert main(["init", "pairs.tsv"]) == 0
    assert load_recipe(tmp_path / "pairs.toml").data.files[0].path == "pairs.tsv"
    monkeypatch.setenv("SEQ2EDGE_DATA", str(tmp_path / "data"))
    assert main(["init", "pairs.tsv", "--overwrite"]) == 0
    assert load_recipe(tmp_path / "pairs.toml").data.files[0].path == str(tmp_path / "pairs.tsv")


def test_a_folder_of_texts_becomes_a_recipe_for_a_classifier(tmp_path, capsys):
    for label in ("good", "bad"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        for number in range(20):
            (tmp_path / "texts" / label / f"{number}.txt").write_text(f"{label} text {number}")
    output = tmp_path / "recipe.toml"
    assert main(["init", str(tmp_path / "texts"), "--output", str(output)]) == 0
    assert "40 texts" in capsys.readouterr().out
    assert load_recipe(output).data.files[0].format == "folder"
    assert main(["init", str(tmp_path / "texts"), "--target", "b", "--overwrite", "--output", str(output)]) == 2
    assert "--target b: not allowed with a folder" in capsys.readouterr().err


def test_target_names_a_column_or_the_file_of_targets(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sources, targets = ([f"{text} {i}." for i in range(40)] for text in ("Sentence", "문장"))
    (tmp_path / "a.ko").write_text("\n".join(targets), encoding="utf-8")
    recipe = init(tmp_path, "a.en", "\n".join(sources), "--target", "a.ko", capsys=capsys)[3]
    assert load_recipe(recipe).data.files[0].target_path == "a.ko"
    table = "".join(
        f"{i}\t{target}\t{source}\n" for i, (source, target) in enumerate(zip(sources, targets, strict=True))
    )
    init(tmp_path, "a.tsv", table, "--source", "2", "--target", "1", "--overwrite", capsys=capsys)
    assert (load_recipe(recipe).data.files[0].source, load_recipe(recipe).data.files[0].target) == (2, 1)
    status, _, err, _ = init(tmp_path, "a.en", "\n".join(sources), "--target", "b.ko", "--overwrite", capsys=capsys)
    assert (status, err.count("\n")) == (2, 1)
    assert "--target b.ko: no such file, and" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_init_asks_in_a_terminal_which_columns_to_use(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("2\n9\n2\n\n"))
    monkeypatch.setattr(sys, "stderr", asked := Terminal())
    rows = "".join(f"{i}\tSentence {i} is here.\t문장 {i} 입니다.\tremark {i} is here\n" for i in range(40))
    status, out, _, output = init(tmp_path, "a.tsv", "no\tbody\theading\tremark\n" + rows, capsys=capsys)
    assert status == 0
    assert "1 'body': 'Sentence 0 is here.'" in asked.getvalue()
    assert "'9' is not a column; columns: 0 (no), 1 (body), 2 (heading), 3 (remark)" in asked.getvalue()
    assert "'2' is the source already" in asked.getvalue()
    assert "columns 'heading' → 'body'" in out
    assert load_recipe(output).data.files[0].target == "body"


def test_a_label_with_one_example_is_refused_with_its_row(tmp_path, capsys):
    rows = "".join(f"text {i}\tspam\n" for i in range(40)) + "another\tham\n"
    status, out, err, output = init(tmp_path, "a.tsv", rows, "--task", "classification", capsys=capsys)
    assert status == 2
    assert "hard to learn, fewer than 10 examples: ham 1" in out
    assert err.count("\n") == 1
    assert "a.tsv, row 41: label 'ham' has 1 example" in err
    assert not output.exists()


@pytest.mark.slow
def test_time_measures_the_duration_of_a_training(tmp_path, capsys):
    pairs = "".join(f"the {word} stone {i}\tstone {word} {i}\n" for i in range(20) for word in ("red", "blue", "old"))
    status, out, err, output = init(tmp_path, "pairs.tsv", pairs, "--time", capsys=capsys)
    assert status == 0
    assert re.search(r"training: at most \d+ (s|min) here: 60 epochs of \d+ steps of \d+ ms \(mean of 20\)", out)
    assert "on the machine it was written on," in output.read_text()
    assert err.splitlines()[0] == "trying 20 steps …"
    assert load_recipe(output).training.epochs == 60


def test_without_time_the_duration_is_a_rough_estimate(tmp_path, capsys):
    _, out, _, output = init(tmp_path, "pairs.tsv", ENGLISH_KOREAN, capsys=capsys)
    assert "training: about 1 min on two CPU cores (a rough estimate; --time measures it here)\n" in out
    assert "about 1 min on two CPU cores," in output.read_text()


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.4, "7 s"), (99, "99 s"), (150, "2 min"), (5000, "83 min"), (9000, "2.5 hours")]
)
def test_durations_are_rounded_for_people(seconds, text):
    assert duration(seconds) == text
