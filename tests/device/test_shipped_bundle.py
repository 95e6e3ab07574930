"""The bundle that is installed with seq2edge: it matches its recipe and corpus, and still has its scores."""

import json

import pytest

from seq2edge.device.runners.load import load_runner
from seq2edge.device.vectors.check import check_vectors
from seq2edge.export.guard import build_guard
from seq2edge.pipeline.data.cleaning import Cleaner
from seq2edge.pipeline.data.dataset import read_split
from seq2edge.pipeline.data.prepare import content_digest
from seq2edge.pipeline.data.split_files import locate_files, write_splits
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores
from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe

REMAKE = "make it again: seq2edge quickstart, then copy bundles/quickstart-int8 to device/shipped"
POINTS = 2.0  # scores on processors with other int8 kernels may differ by this much


@pytest.fixture(scope="module")
def recipe():
    return load_recipe(RECIPES / "quickstart.toml")


def test_the_bundle_is_small_free_and_complete(shipped):
    files = list(shipped.path.iterdir())
    assert {path.name for path in files} == {*shipped.manifest.files, "bundle.json", "README.md"}
    assert sum(path.stat().st_size for path in files) <= 5_000_000
    assert shipped.manifest.licence == "CC0-1.0"


def test_the_bundle_was_made_from_the_current_recipe_and_corpus(shipped, recipe):
    data = content_digest(recipe.data, locate_files(recipe.data, None))
    assert shipped.manifest.made_from == {"recipe": recipe.digest(), "data": data}, REMAKE


def test_the_guard_equals_that_of_the_recipe(shipped, recipe):
    guard = json.loads((shipped.path / "guard.json").read_text(encoding="utf-8"))
    assert guard == build_guard(recipe.guard), REMAKE


def test_the_bundle_reproduces_its_vectors(shipped):
    assert check_vectors(shipped.path)["passed"]


def test_the_bundle_has_the_stated_score(shipped, recipe, tmp_path):
    write_splits(Cleaner(recipe.data), locate_files(recipe.data, None), tmp_path, quiet=True)
    stated = shipped.manifest.scores
    expected = examples(list(read_split(tmp_path, "test")), recipe.task)[: stated["test_sentences"]]
    options = {"beam": 1, "max_length": recipe.model.target_length}
    results = load_runner(shipped.path).run_all([example.source for example in expected], **options)
    scores = basic_scores(recipe.task, [result.alternatives[0][0] for result in results], expected)
    assert scores["exact_match"] == pytest.approx(stated["bundle"]["exact_match"], abs=POINTS)
    assert scores["bleu"] == pytest.approx(stated["bundle"]["bleu"], abs=POINTS)
