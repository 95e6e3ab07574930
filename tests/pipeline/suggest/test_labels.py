"""Labelled texts: how labels are recognised, and the recipe for them."""

import json
import random
import tomllib
from collections import Counter

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.suggest.description import describe
from seq2edge.pipeline.suggest.inspection import inspect
from seq2edge.pipeline.suggest.labels import Values, describe_labels
from seq2edge.pipeline.suggest.suggestion import recipe_text, suggest

WORDS = ["red", "blue", "green", "small", "large", "old", "stone", "river", "house", "garden"]


def labelled(labels, each=20):
    """Texts with labels, in random order."""
    draw = random.Random(1)
    rows = [(" ".join(draw.choices(WORDS, k=6)) + f" {number}", label) for label in labels for number in range(each)]
    draw.shuffle(rows)
    return rows


ROWS = labelled(["good", "bad", "so so"])


def put(folder, name, content):
    (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder / name


def recipe_of(found):
    return ClassificationRecipe.model_validate(tomllib.loads(recipe_text(suggest(found))))


def tsv(rows):
    return "".join("\t".join(row) + "\n" for row in rows)


def swapped(rows):
    return [(label, text) for text, label in rows]


FILES = {
    "text first": ("a.tsv", tsv(ROWS), (0, 1)),
    "label first": ("a.tsv", tsv(swapped(ROWS)), (1, 0)),
    "sorted by label": ("a.tsv", tsv(sorted(swapped(ROWS))), (1, 0)),
    "names that say nothing": ("a.tsv", "said\tkind\n" + tsv(ROWS), ("said", "kind")),
    "the same, label first": ("a.tsv", "kind\tsaid\n" + tsv(swapped(ROWS)), ("said", "kind")),
    "names that tell": ("a.csv", "label,text\r\n" + "".join(f'{b},"{a}"\r\n' for a, b in ROWS), ("text", "label")),
    "a Korean name": ("a.tsv", "번호\t내용\t분류\n" + tsv([("1", *row) for row in ROWS]), ("내용", "분류")),
    "quoted cells": ("a.csv", "".join(f'"{a}, ""said"" 🙂","{b}"\n' for a, b in ROWS), (0, 1)),
    "keys": ("a.jsonl", "".join(json.dumps({"kind": b, "said": a}) + "\n" for a, b in ROWS), ("said", "kind")),
    "numbers": (
        "a.jsonl",
        "".join(json.dumps({"stars": len(b), "said": a}) + "\n" for a, b in ROWS),
        ("said", "stars"),
    ),
    "truth": ("a.jsonl", "".join(json.dumps({"said": a, "ok": b == "good"}) + "\n" for a, b in ROWS), ("said", "ok")),
}


@pytest.mark.parametrize("name", FILES)
def test_labels_are_recognised_and_prepared(tmp_path, name):
    file, content, columns = FILES[name]
    found = inspect(put(tmp_path, file, content))
    assert (found.task, found.is_guessed) == ("classification", True)
    assert (found.file.source, found.file.target) == columns
    data = prepare(recipe_of(found), tmp_path / "run", PrepareOptions(quiet=True))
    assert sum(data.summary["pairs"][split] for split in ("train", "valid", "test")) == len(ROWS)
    assert len(data.labels) == len(found.counts.targets.counts)


ODD = {
    "numbers": list("12345"),
    "truth": ["True", "False"],
    "quotes and emoji": ['"quoted"', "it's", "🙂", "a, b"],
    "Korean": ["좋음", "나쁨"],
}


@pytest.mark.parametrize("name", ODD)
def test_unusual_labels_are_not_changed(tmp_path, name):
    found = inspect(put(tmp_path, "a.tsv", tsv(labelled(ODD[name]))))
    data = prepare(recipe_of(found), tmp_path / "run", PrepareOptions(quiet=True))
    assert data.labels == sorted(ODD[name])


def test_a_label_with_a_tab_is_normalised(tmp_path):
    rows = [json.dumps({"text": a, "label": b.replace(" ", "\t")}) for a, b in ROWS]
    found = inspect(put(tmp_path, "a.jsonl", "\n".join(rows)))
    data = prepare(recipe_of(found), tmp_path / "run", PrepareOptions(quiet=True))
    assert data.labels == sorted(found.counts.targets.counts) == ["bad", "good", "so so"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(text, f"an answer to {text}") for text, _ in ROWS], "every target is another"),
        ([(text, f"{label} is the answer that is always given here") for text, label in ROWS], "targets are long"),
        (labelled("abcdefghi", each=5), "targets hardly occur again"),
    ],
)
def test_texts_are_labels_only_if_the_task_says_so(tmp_path, rows, why):
    assert inspect(put(tmp_path, "a.tsv", tsv(rows))).task != "classification", why
    assert inspect(tmp_path / "a.tsv", task="classification").has_labels


def test_columns_named_like_pairs_are_pairs_unless_the_task_has_labels(tmp_path):
    rows = [(text, f"reply {number}", label) for number, (text, label) in enumerate(ROWS)]
    path = put(tmp_path, "a.tsv", "q\ta\tlabel\n" + tsv(rows))
    assert (inspect(path).file.target, inspect(path, task="classification").file.target) == ("a", "label")


def test_the_column_with_the_fewest_values_has_the_labels(tmp_path):
    rows = [(str(number), label, "same", text) for number, (text, label) in enumerate(ROWS)]
    found = inspect(put(tmp_path, "a.tsv", tsv(rows)), task="classification")
    assert (found.file.source, found.file.target) == (3, 1)


def test_a_folder_is_read_as_labelled_texts(tmp_path):
    for number, (text, label) in enumerate(ROWS):
        (tmp_path / "texts" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / label / f"{number}.txt").write_bytes(f"{text} \N{HANGUL SYLLABLE GA}".encode("cp949"))
    found = inspect(tmp_path / "texts")
    assert (found.task, found.file.format, found.file.encoding) == ("classification", "folder", "cp949")
    assert prepare(recipe_of(found), tmp_path / "run", PrepareOptions(quiet=True)).labels == ["bad", "good", "so so"]
    with pytest.raises(UserError, match=r"--task must be classification for .*, a folder of labelled texts, got chat"):
        inspect(tmp_path / "texts", task="chat")


def test_labels_are_described_with_their_counts():
    assert describe_labels(Counter(good=20, bad=10)) == ["labels: 2; good 20, bad 10"]
    counts = Counter({f"label{number}": 30 - number for number in range(28)})
    most, few = describe_labels(counts)
    assert most.startswith("labels: 28; most frequent: label0 30, label1 29,")
    assert few == "hard to learn, fewer than 10 examples: " + ", ".join(
        f"label{number} {30 - number}" for number in range(27, 20, -1)
    )


def test_the_description_names_texts_and_labels(tmp_path):
    said = describe(inspect(put(tmp_path, "a.tsv", tsv(ROWS))))
    assert "60 texts; 0 duplicates" in said
    assert "labels: 3; " in said
    assert "target: " not in said
    assert said.endswith(
        "task: classification (the targets are few and short, so they are labels; choose another with --task)"
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (labelled(["only"], 40), r"a\.tsv: 1 label \(only\), at least 2 are needed"),
        ([*ROWS, ("one more", "rare")], r"a\.tsv, row 61: label 'rare' has 1 example, at least 2 are needed"),
        ([*ROWS, ("twice", "rare"), ("twice", "rare")], r"a\.tsv, row 61: label 'rare' has 1 example"),
        (ROWS[:29], r"29 usable pairs found, at least 30 are needed"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(tmp_path, rows, message):
    found = inspect(put(tmp_path, "a.tsv", tsv(rows)), task="classification")
    with pytest.raises(UserError, match=message):
        suggest(found)


@pytest.mark.parametrize("each", [2, 3, 8])
def test_data_with_many_labels_and_few_examples_can_be_prepared(tmp_path, each):
    rows = labelled([f"label {number}" for number in range(40)], each)
    found = inspect(put(tmp_path, "a.tsv", tsv(rows)), task="classification")
    data = prepare(recipe_of(found), tmp_path / "run", PrepareOptions(quiet=True))
    assert len(data.labels) == 40
    assert min(data.summary["pairs"][split] for split in ("valid", "test")) >= 2


def test_different_values_are_counted_up_to_a_limit(monkeypatch):
    monkeypatch.setattr("seq2edge.pipeline.suggest.labels.MOST_LABELS", 3)
    values = Values()
    for value in "aabbccd":
        values.add(value)
    assert values.too_many
    assert (values.total, values.counts) == (7, Counter())
    assert not values.are_labels()
