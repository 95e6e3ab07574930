import dataclasses
import itertools
import shutil

import numpy as np
import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.device.search.decoding import decode, decode_stepwise
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.shortlist import ALWAYS, FILE, MULTIPLE, Shortlist
from seq2edge.device.special_ids import EOS
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions

TEXT = "the quiet garden is here"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, trained_run):
    folder = tmp_path_factory.mktemp("shortlist") / "bundle"
    export_bundle(trained_run, folder, ExportOptions("none", shortlist=20), lambda line: None)
    return folder


def make(likely, frequent, vocabulary):
    """Make a shortlist for 10 source tokens from lists of target tokens by source token."""
    lists = [likely.get(token, []) for token in range(10)]
    lists[EOS] = frequent
    return Shortlist(np.cumsum([0, *map(len, lists)]), np.array([*itertools.chain(*lists)]), vocabulary)


def test_a_shortlist_has_likely_and_frequent_tokens():
    shortlist = make({4: [700, 701], 5: [702]}, list(range(EOS, 100)), 1000)
    found = shortlist.of(np.array([4, 6, EOS]))
    assert {700, 701, *range(EOS, EOS + ALWAYS)} <= set(found)
    assert 702 not in found
    assert found.dtype == np.int32
    assert (np.diff(found) > 0).all()


def test_a_shortlist_is_padded_with_frequent_tokens():
    shortlist = make({4: [700, 701]}, list(range(EOS, 300)), 1000)
    assert len(shortlist.of(np.array([EOS]))) == MULTIPLE
    assert len(shortlist.of(np.array([4, EOS]))) == 2 * MULTIPLE
    assert len(shortlist.of(np.array([4, EOS]), fewest=150)) == 3 * MULTIPLE


def test_a_small_vocabulary_is_listed_completely():
    assert make({}, [3, 4, 5], 6).of(np.array([4, EOS]), fewest=10).tolist() == [3, 4, 5]


def test_a_shortlist_does_not_change_the_answer(bundle):
    runner = load_runner(bundle)
    for beam in (1, 5):
        with_it, without = (runner.run(TEXT, beam=beam, shortlist=wanted) for wanted in (True, False))
        assert with_it.text == without.text == "garden quiet"
        assert with_it.score >= without.score  # the probability is shared by fewer tokens


def test_step_by_step_search_and_a_single_call_give_the_same_answer(bundle):
    runner = load_runner(bundle)
    sources, options = [runner.processor(TEXT)], DecodingOptions()
    ((called,),), ((stepwise,),) = (find(runner.model, sources, options) for find in (decode, decode_stepwise))
    assert called.ids == stepwise.ids
    np.testing.assert_allclose(called.token_log_probs, stepwise.token_log_probs, atol=1e-4)


def test_only_listed_tokens_are_written(bundle):
    runner = load_runner(bundle)
    source = runner.processor(TEXT)
    likely = set(runner.model.shortlist.of(source["source_ids"], 10))
    for hypothesis in decode(runner.model, [source], DecodingOptions(beam=5, n_best=5))[0]:
        assert set(hypothesis.ids) <= likely


def test_a_phrase_outside_the_shortlist_can_be_required(bundle):
    result = load_runner(bundle).run(TEXT, beam=5, required=["zebra"])
    assert "zebra" in result.text


def test_the_manifest_has_the_score_with_the_shortlist(bundle):
    scores = read_bundle(bundle).manifest.scores
    assert scores["shortlist"]["bleu"] == pytest.approx(scores["bundle"]["bleu"], abs=1)
    assert scores["shortlist"]["identical_to_bundle"] >= 90


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:100], "100 bytes do not match a source vocabulary of"),
        (lambda content: content + b"\0\0", "not a shortlist of"),
        (lambda content: b"\xff" * len(content), "not a shortlist of"),
    ],
)
def test_a_shortlist_that_does_not_fit_is_refused(bundle, tmp_path, replace_file, change, message):
    folder = shutil.copytree(bundle, tmp_path / "bundle")
    replace_file(folder, FILE, change((folder / FILE).read_bytes()))
    with pytest.raises(UserError, match=message):
        load_runner(folder)


def test_a_large_vocabulary_needs_wider_ids(bundle, tmp_path):
    wide = make({4: [70_000]}, [3], 70_001)
    (tmp_path / FILE).write_bytes(wide.to_bytes())
    described = read_bundle(bundle).with_manifest(vocabulary={"source": 10, "target": 70_001})
    described = dataclasses.replace(described, path=tmp_path)
    assert Shortlist.open(described).of(np.array([4, EOS])).tolist() == [3, 70_000]
