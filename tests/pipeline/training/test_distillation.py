import dataclasses
import shutil

import pytest

import seq2edge
from seq2edge.device.errors import UserError
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.pipeline.data.dataset import read_split
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sacrebleu_metrics
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training import distillation
from seq2edge.pipeline.training.distillation import distill
from seq2edge.pipeline.training.options import DistillOptions, TrainOptions
from seq2edge.pipeline.training.trainer import train

RED, BLUE = Pair("the red stone is here", "stone red"), Pair("the blue house is here", "house blue")
SEPARATORS = "\n\t\r\u2028"


def test_a_student_learns_the_answers_of_its_teacher(trained_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=3, settings=["model.units=32"])
    student = distill(
        trained_run, recipe, tmp_path / "student", DistillOptions(recipe_folder=pairs_file.parent, beam=2, quiet=True)
    )
    said = list(read_split(tmp_path / "student.distilled", "train"))
    taught = {pair.source: pair.target for pair in student.data.texts("train")}
    assert len(taught) == len(said) == len(list(trained_run.data.texts("train")))
    assert RED in said or BLUE in said
    assert list(student.data.texts("test")) == list(trained_run.data.texts("test"))
    assert student.model().config.units == 32


@pytest.mark.slow
def test_answers_of_a_teacher_are_reused(trained_run, tiny_recipe, pairs_file, tmp_path):
    def taught_by(teacher):
        recipe = tiny_recipe(epochs=1, settings=["model.units=16"])
        student = distill(
            teacher,
            recipe,
            tmp_path / "student",
            DistillOptions(recipe_folder=pairs_file.parent, beam=1, quiet=True, overwrite=True),
        )
        return " ".join(pair.target for pair in student.data.texts("train"))

    taught_by(trained_run)
    (chunk,) = (tmp_path / "student.distilled").glob("beam-1-*/000000000.jsonl")
    chunk.write_text(chunk.read_text(encoding="utf-8").replace("stone", "stones"), encoding="utf-8")
    assert "stones" in taught_by(trained_run)
    another = shutil.copytree(trained_run.path, tmp_path / "another")
    (another / "recipe.toml").write_text(trained_run.recipe.to_toml() + "# not the same\n", encoding="utf-8")
    assert "stones" not in taught_by(Run.open(another))


def test_a_teacher_gives_its_own_outputs_and_leaves_unanswered_sources_alone(monkeypatch, tiny_recipe, tmp_path):
    rows = "".join(f"what is {word} {i}\tit is {word}\n" for i in range(20) for word in ("red", "blue", "old"))
    rows += "".join(f"i want to die {i}\t⁇\n" for i in range(5)) + "i want to die\ttalk to me\n"
    (tmp_path / "pairs.tsv").write_text(rows, encoding="utf-8")
    recipe = tiny_recipe(task="chat", settings=["data.files=[{path='pairs.tsv'}]", "data.valid=0.1", "data.test=0"])
    monkeypatch.setattr(distillation, "train", lambda *_, **__: None)
    teacher = seq2edge.load()  # its guard would answer two of these sources
    monkeypatch.setattr(distillation, "_check_teacher", lambda *_: None)
    monkeypatch.setattr(distillation, "_key", lambda *_: "key")
    options = DistillOptions(recipe_folder=tmp_path, beam=1, quiet=True, runner=teacher)
    distill(None, recipe, tmp_path / "student", options)
    taught = {pair.source: pair.target for pair in read_split(tmp_path / "student.distilled", "train")}
    assert {target for source, target in taught.items() if source.startswith("i want to die ")} == {"⁇"}
    own = teacher.model_only()
    for source in ("i want to die", "what is red 3"):
        assert taught.get(source) in (None, own.run(source).alternatives[0][0])
    assert teacher.run("i want to die").text not in taught.values()


def test_line_ends_and_tabs_of_a_teacher_are_kept(trained_run, tiny_recipe, pairs_file, tmp_path, monkeypatch):
    decode = TargetTokenizer.decode
    monkeypatch.setattr(TargetTokenizer, "decode", lambda *given: decode(*given).replace(" ", SEPARATORS))
    monkeypatch.setattr(distillation, "train", lambda *_, **__: None)
    distill(
        trained_run,
        tiny_recipe(),
        tmp_path / "student",
        DistillOptions(recipe_folder=pairs_file.parent, beam=1, quiet=True),
    )
    said = list(read_split(tmp_path / "student.distilled", "train"))
    assert [pair.source for pair in said] == [pair.source for pair in trained_run.data.texts("train")]
    assert any(Pair(pair.source, pair.target.replace(" ", SEPARATORS)) in said for pair in (RED, BLUE))


def test_a_student_can_learn_the_hypothesis_closest_to_the_target(tiny_recipe, pairs_file, tmp_path, monkeypatch):
    recipe = tiny_recipe(epochs=2, settings=["model.units=32"])  # a teacher that is often wrong
    teacher = train(recipe, tmp_path / "teacher", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    monkeypatch.setattr(distillation, "train", lambda *_, **__: None)  # what it would learn is looked at
    chrf = sacrebleu_metrics()["chrf"]
    wanted = [pair.target for pair in teacher.data.texts("train")]

    def likeness(name, closest):
        distill(
            teacher,
            recipe,
            tmp_path / name,
            DistillOptions(recipe_folder=pairs_file.parent, beam=5, quiet=True, closest=closest),
        )
        taught = [pair.target for pair in read_split(tmp_path / f"{name}.distilled", "train")]
        return [chrf.sentence_score(said, [right]).score for said, right in zip(taught, wanted, strict=True)]

    most_likely, closest = likeness("most_likely", closest=False), likeness("closest", closest=True)
    assert all(c >= p for c, p in zip(closest, most_likely, strict=True))
    assert sum(closest) > sum(most_likely)


def test_a_student_can_start_from_an_earlier_student(trained_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=3, settings=["model.units=32"])
    first = distill(
        trained_run, recipe, tmp_path / "first", DistillOptions(recipe_folder=pairs_file.parent, beam=1, quiet=True)
    )
    second = distill(
        trained_run,
        recipe,
        tmp_path / "second",
        DistillOptions(recipe_folder=pairs_file.parent, beam=1, quiet=True, initial_run=first),
    )
    assert second.history()[0]["loss"] < first.history()[1]["loss"] < first.history()[0]["loss"]
    assert second.data.tokenizers[0].read_bytes() == first.data.tokenizers[0].read_bytes()


def test_weights_of_another_shape_are_refused_before_teaching(trained_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(settings=["model.units=16"])
    with pytest.raises(UserError, match=r"its weights do not fit this recipe's model; units: .* there, 16 now"):
        distill(
            trained_run,
            recipe,
            tmp_path / "student",
            DistillOptions(recipe_folder=pairs_file.parent, quiet=True, initial_run=trained_run),
        )
    assert not list(tmp_path.iterdir())


def test_a_teacher_of_another_task_is_refused_with_both_values(trained_run, tiny_recipe, pairs_file, tmp_path):
    teacher = dataclasses.replace(trained_run, recipe=tiny_recipe(task="chat"))
    with pytest.raises(UserError, match="task: 'chat' there, 'translation' in the recipe"):
        distill(
            teacher, tiny_recipe(), tmp_path / "student", DistillOptions(recipe_folder=pairs_file.parent, quiet=True)
        )


def test_a_student_keeps_domains_weights_and_direction(trained_run, tiny_recipe, pairs_file, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(distillation, "train", lambda recipe, *_: trained.append(recipe))
    rows = pairs_file.read_text(encoding="utf-8").splitlines()
    turned = [("\t".join(reversed(row.split("\t")))) for row in rows]
    (tmp_path / "a.tsv").write_text("\n".join([*turned[::2], ""]), encoding="utf-8")
    (tmp_path / "b.tsv").write_text("\n".join([*turned[1::2], ""]), encoding="utf-8")
    files = "data.files=[{path='a.tsv',domain='a'},{path='b.tsv',domain='b',weight=3.0}]"
    recipe = tiny_recipe(settings=[files, "data.reverse=true", "data.target_language=en"])
    distill(trained_run, recipe, tmp_path / "student", DistillOptions(recipe_folder=tmp_path, beam=1, quiet=True))
    (data,) = [student.data for student in trained]
    assert (data.reverse, data.languages) == (False, recipe.data.languages)
    weights = {"train": (1.0, 3.0), "valid": (1.0, 1.0), "test": (1.0, 1.0)}
    assert [(file.split, file.domain, file.weight) for file in data.files] == [
        (split, domain, weight) for split, both in weights.items() for domain, weight in zip("ab", both, strict=True)
    ]
    prepared = prepare(trained[0], tmp_path / "data", PrepareOptions(quiet=True))
    sources = {pair.source for pair in prepared.texts("train")}
    assert sources <= {row.split("\t")[0] for row in rows}
