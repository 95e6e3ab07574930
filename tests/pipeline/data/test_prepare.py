import shutil

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare


def test_pairs_become_ids_that_decode_to_the_same_text(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe()
    data = prepare(recipe, tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    processor, tokenizer = data.processor(recipe), data.target_tokenizer()
    pairs = list(data.texts("train"))
    assert len(pairs) == len(data.train) == data.summary["pairs"]["train"]
    for index in (0, 7, len(pairs) - 1):
        assert tokenizer.decode(data.train["target_ids"].row(index)) == pairs[index].target
        assert data.train["source_ids"].row(index).tolist() == processor(pairs[index].source)["source_ids"].tolist()


def test_no_character_is_unknown(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe()
    data = prepare(recipe, tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    ids = data.processor(recipe)("日本 🙂")["source_ids"]
    assert 1 not in ids
    assert data.target_tokenizer().decode(ids) == "日本 🙂"


def test_splits_share_no_source(tiny_recipe, pairs_file, tmp_path):
    data = prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    sources = [{pair.source for pair in data.texts(split)} for split in ("train", "valid", "test")]
    assert all(sources)
    assert sum(map(len, sources)) == len(set().union(*sources))


def test_prepared_data_is_reused_until_recipe_or_file_change(tiny_recipe, pairs_file, tmp_path):
    first = prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    stamp = (first.path / "summary.json").stat().st_mtime_ns
    prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    assert (first.path / "summary.json").stat().st_mtime_ns == stamp
    changed = prepare(tiny_recipe(settings=["data.test=0.2"]), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    assert changed.summary["pairs"]["test"] > first.summary["pairs"]["test"]
    assert changed.content == first.content


def test_the_digest_depends_on_the_content_of_files(tiny_recipe, pairs_file, tmp_path):
    shutil.copy(pairs_file, tmp_path / "pairs.tsv")
    first = prepare(tiny_recipe(), tmp_path / "first", PrepareOptions(tmp_path, quiet=True))
    same = prepare(tiny_recipe(), tmp_path / "same", PrepareOptions(pairs_file.parent, quiet=True))
    with (tmp_path / "pairs.tsv").open("a", encoding="utf-8") as file:
        file.write("one more\tpair\n")
    other = prepare(tiny_recipe(), tmp_path / "other", PrepareOptions(tmp_path, quiet=True))
    assert first.content == same.content != other.content


def test_sampled_encodings_of_a_source_spell_the_same_text(tiny_recipe, pairs_file, tmp_path):
    data = prepare(
        tiny_recipe(settings=["tokenizer.samples=4"]), tmp_path, PrepareOptions(pairs_file.parent, quiet=True)
    )
    ids = [data.train["source_ids"].row(0, sample) for sample in range(4)]
    assert len({data.target_tokenizer().decode(encoding) for encoding in ids}) == 1
    assert len({tuple(encoding.tolist()) for encoding in ids}) > 1


def test_numbers_of_a_source_are_slots_of_the_target(tiny_recipe, tmp_path):
    lines = [f"the {number} red stones of {number + 1}\t{number + 1}: {number} stone\n" for number in range(100, 220)]
    (tmp_path / "pairs.tsv").write_text("".join(lines), encoding="utf-8")
    recipe = tiny_recipe(settings=["tokenizer.slots=2", "tokenizer.samples=3", "tokenizer.vocabulary=300"])
    data = prepare(recipe, tmp_path / "data", PrepareOptions(tmp_path, quiet=True))
    pair, tokenizer = next(iter(data.texts("train"))), data.target_tokenizer()
    assert tokenizer.decode(data.train["target_ids"].row(0)) == "⟦2⟧: ⟦1⟧ stone"
    for sample in range(3):
        assert {"⟦1⟧", "⟦2⟧"} < set(tokenizer.tokens(data.train["source_ids"].row(0, sample)))
    processor = data.processor(recipe)
    assert processor.fill(pair.source, "⟦2⟧: ⟦1⟧ stone") == pair.target
    assert processor.to_manifest()["slots"] == 2


def test_pairs_held_out_by_file_are_dropped_from_training(tiny_recipe, tmp_path):
    (tmp_path / "train.tsv").write_text("".join(f"source {i}\ttarget {i}\n" for i in range(60)))
    (tmp_path / "valid.tsv").write_text("Source 3!\ttarget 3\nsource 900\ttarget 900\n")
    files = [
        "data.files=[{path='train.tsv',split='train'},{path='valid.tsv',split='valid'}]",
        "tokenizer.vocabulary=280",
    ]
    data = prepare(tiny_recipe(settings=files), tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    assert data.summary["pairs"]["also in valid or test"] == 1
    assert data.summary["pairs"]["train"] == 59


def test_too_few_pairs_are_refused_with_the_minimum(tiny_recipe, tmp_path):
    (tmp_path / "pairs.tsv").write_text("a b c d\te f g\n" * 3 + "h i j\tk l m\n")
    with pytest.raises(UserError, match=r"2 pairs \(2 were dropped\) leave . for train, which needs at least 20"):
        prepare(tiny_recipe(), tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    assert not (tmp_path / "run" / "data").exists()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (["tokenizer.vocabulary=30000"], "vocabulary"),
        (["tokenizer.vocabulary=262"], "vocabulary"),
        (["tokenizer.joint=false", "tokenizer.vocabulary=30000"], "vocabulary"),
        (["tokenizer.joint=false", "tokenizer.vocabulary=297"], "target_vocabulary"),
        (["tokenizer.joint=false", "tokenizer.vocabulary=290", "tokenizer.target_vocabulary=999"], "target_vocabulary"),
    ],
)
def test_an_impossible_vocabulary_names_a_possible_one(tiny_recipe, pairs_file, tmp_path, given, key):
    settings = ["tokenizer.model_type=unigram", *given]
    with pytest.raises(UserError, match=f"^tokenizer.{key}: .*the text.*; this works: ") as error:
        prepare(tiny_recipe(settings=settings), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    settings += str(error.value).rsplit(": ", 1)[1].replace(" = ", "=").split(", ")
    prepare(tiny_recipe(settings=settings), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))


def test_pairs_in_both_files_stay_in_the_test_file(tiny_recipe, tmp_path):
    rows = [f"source {i}\ttarget {i}\n" for i in range(60)]
    for name, lines in (("train", rows), ("valid", rows[:4]), ("test", rows[4:10])):
        (tmp_path / f"{name}.tsv").write_text("".join(lines))
    files = ",".join(f"{{path='{split}.tsv',split='{split}'}}" for split in ("train", "valid", "test"))
    settings = [f"data.files=[{files}]", "tokenizer.vocabulary=280"]
    data = prepare(tiny_recipe(settings=settings), tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    assert data.summary["pairs"] == {"train": 50, "valid": 4, "test": 6, "also in valid or test": 10}


def test_data_of_a_training_is_replaced_only_with_overwrite(tiny_recipe, pairs_file, tmp_path):
    before = prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    (tmp_path / "model.keras").write_bytes(b"")
    other = tiny_recipe(settings=["tokenizer.vocabulary=290"])
    with pytest.raises(UserError, match="was trained on other data"):
        prepare(other, tmp_path, PrepareOptions(pairs_file.parent, overwrite=False, quiet=True))
    assert (
        prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, overwrite=False, quiet=True)).summary
        == before.summary
    )
    assert prepare(other, tmp_path, PrepareOptions(pairs_file.parent, quiet=True)).vocabulary["source"] == 290


def test_a_folder_named_data_that_is_not_a_dataset_is_left_alone(tiny_recipe, pairs_file, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pairs.tsv").write_text("the only copy")
    with pytest.raises(UserError, match=r"data: has other files and no summary\.json, so it is not overwritten"):
        prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))
    assert (tmp_path / "data" / "pairs.tsv").read_text() == "the only copy"


def write_translations(folder):
    """60 English sentences, each with two Korean translations, one of which every third sentence shares."""
    rows = [f"sentence {i}\t문장 {i}\n" for i in range(60)] + [f"sentence {i}\t글 {i // 3}\n" for i in range(60)]
    (folder / "pairs.tsv").write_text("".join(rows), encoding="utf-8")


def split_rows(data, turned=False):
    """The rows of each split, as in the file."""
    sides = ("target", "source") if turned else ("source", "target")
    return {
        split: {tuple(getattr(pair, side) for side in sides) for pair in data.texts(split)}
        for split in ("train", "valid", "test")
    }


@pytest.mark.parametrize("split_by", ["source", "target", "both"])
def test_both_directions_hold_out_the_same_sentences(tiny_recipe, tmp_path, split_by):
    write_translations(tmp_path)
    settings = [f"data.split_by={split_by}", "data.valid=0.2", "tokenizer.vocabulary=300"]
    options = PrepareOptions(tmp_path, quiet=True)
    forth = prepare(tiny_recipe(settings=settings), tmp_path / "forth", options)
    back = prepare(tiny_recipe(settings=[*settings, "data.reverse=true"]), tmp_path / "back", options)
    rows = split_rows(forth)
    assert split_rows(back, turned=True) == rows
    for side, name in enumerate(("source", "target")):
        texts = [{row[side] for row in rows[split]} for split in rows]
        if split_by in (name, "both"):
            assert sum(map(len, texts)) == len(set().union(*texts))


def test_a_reversed_recipe_swaps_the_settings_of_the_sides(tiny_recipe):
    sides = ["data.source_language=ko", "data.target_language=en", "data.target_normalisation=none"]
    data = tiny_recipe(settings=[*sides, "data.reverse=true"]).data
    assert (data.languages, data.normalisations) == (["en", "ko"], ("none", "NFC"))
    prepared = data.as_prepared(data.files)
    assert (prepared.languages, prepared.normalisations) == (data.languages, data.normalisations)


def test_a_split_key_keeps_rows_together_and_some_can_be_skipped(tiny_recipe, tmp_path):
    rows = [f"book\t{chapter}\t{verse}\twords {chapter} {verse}\twords {verse}\n" for chapter in range(40)
            for verse in range(3)]  # fmt: skip
    (tmp_path / "verses.tsv").write_text("".join(rows))
    file = "path='verses.tsv',source=3,target=4,split_key='{0} {1}'"
    options = PrepareOptions(tmp_path, quiet=True)

    def prepared(skip):
        settings = [f"data.files=[{{{file},skip={skip}}}]", "data.valid=0.2", "tokenizer.vocabulary=280"]
        return prepare(tiny_recipe(settings=settings), tmp_path / "run", options)

    data = prepared("['book 3']")
    chapters = [{pair.source.split()[1] for pair in data.texts(split)} for split in ("train", "valid")]
    assert not chapters[0] & chapters[1]
    assert "3" not in chapters[0] | chapters[1]
    with pytest.raises(UserError, match=r"verses\.tsv: skip = \['book 99'\]: no row has these values of split_key"):
        prepared("['book 99']")


def test_pairs_are_counted_for_each_file(tiny_recipe, pairs_file, tmp_path):
    files = f"data.files=[{{path='{pairs_file}',domain='a'}},{{path='more.tsv',split='train'}}]"
    (tmp_path / "more.tsv").write_text("".join(f"more {i}\tmore of {i}\n" for i in range(30)))
    data = prepare(tiny_recipe(settings=[files]), tmp_path / "run", PrepareOptions(tmp_path, quiet=True))
    first, second = data.summary["files"]
    assert (second["path"], second["domain"], second["train"], second["valid"]) == ("more.tsv", None, 30, 0)
    assert data.summary["origins"] == [[0, first["train"]], [1, 30]]
    assert [pair.origin for pair in data.texts("train")] == [0] * first["train"] + [1] * 30


def test_new_keys_with_defaults_do_not_invalidate_prepared_data(tiny_recipe):
    keys = tiny_recipe().data.settings_of_dataset()
    assert not {"reverse", "split_by"} & keys.keys()
    assert not {"domain", "split_key", "skip", "weight", "rows", "built_by"} & keys["files"][0].keys()
    assert "slots" not in tiny_recipe().tokenizer.settings_of_dataset()
    assert tiny_recipe(settings=["tokenizer.slots=2"]).tokenizer.settings_of_dataset()["slots"] == 2


def test_smaller_training_shares_are_subsets_and_leave_other_splits_unchanged(tiny_recipe, tmp_path):
    write_translations(tmp_path)
    shares = [0.5, 0.8, 1.0]
    kept = []
    for share in shares:
        settings = [f"data.training_share={share}", "data.valid=0.2", "tokenizer.vocabulary=300"]
        kept.append(
            split_rows(prepare(tiny_recipe(settings=settings), tmp_path / str(share), PrepareOptions(tmp_path)))
        )
    half, more, whole = (set(rows["train"]) for rows in kept)
    assert half < more < whole
    assert all(rows["valid"] == kept[0]["valid"] and rows["test"] == kept[0]["test"] for rows in kept)


def test_a_wrong_number_of_rows_is_refused_with_both_numbers(tiny_recipe, pairs_file, tmp_path):
    count = len(pairs_file.read_text(encoding="utf-8").splitlines())
    options = PrepareOptions(pairs_file.parent, quiet=True)
    with pytest.raises(UserError, match=rf"^pairs\.tsv: has {count:,} rows, but the recipe says 7$"):
        prepare(tiny_recipe(settings=["data.files=[{path='pairs.tsv',rows=7}]"]), tmp_path / "run", options)
    assert not (tmp_path / "run" / "data").exists()
    prepare(tiny_recipe(settings=[f"data.files=[{{path='pairs.tsv',rows={count}}}]"]), tmp_path / "run", options)
