import json
import subprocess
import sys

import numpy as np
import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.significance import compare_paired

WORDS = ["the", "a", "dog", "cat", "man", "woman", "red", "small", "runs", "sits", "in", "on", "park", "near"]


def sentences(number, wrong, seed=0):
    """References, and hypotheses in which a share of the words is replaced."""
    random = np.random.default_rng(seed)
    references = [list(random.choice(WORDS, random.integers(5, 12))) for _ in range(number)]
    hypotheses = [[w if random.random() > wrong else str(random.choice(WORDS)) for w in r] for r in references]
    return [" ".join(r) for r in references], [" ".join(h) for h in hypotheses]


def test_a_much_better_system_is_significantly_better():
    references, good = sentences(100, 0.1)
    bad = sentences(100, 0.6)[1]
    expected = [Example("", (reference,)) for reference in references]
    for difference in compare_paired("translation", ("good", good), ("bad", bad), expected, resamples=200):
        assert difference.significant
        assert "good" in str(difference)
        assert "better by" in str(difference)
        assert ", significant" in str(difference)


def test_similar_systems_do_not_differ_significantly():
    references, one = sentences(60, 0.3)
    expected = [Example("", (reference,)) for reference in references]
    other = list(one)
    other[0] = references[0]
    differences = compare_paired("chat", ("one", one), ("other", other), expected, resamples=200)
    assert [difference.label for difference in differences] == ["exact match %", "BLEU", "chrF++"]
    assert not any(difference.significant for difference in differences)
    assert "worse by" in str(differences[0])
    assert "not significant" in str(differences[0])


def test_labels_are_compared_by_accuracy():
    expected = [Example("", (label,)) for label in ["greet", "leave"] * 50]
    right, half = ["greet", "leave"] * 50, ["greet"] * 100
    (difference,) = compare_paired("classification", ("right", right), ("half", half), expected, resamples=200)
    assert (difference.label, difference.score, difference.other_score) == ("accuracy %", 100, 50)
    assert difference.significant


def test_code_is_compared_by_identical_outputs():
    expected = [Example("", (f"a{i}\n  b",)) for i in range(60)]
    good, bad = [example.references[0] for example in expected], [f"a{i} b" for i in range(60)]
    found = {d.label: d for d in compare_paired("code", ("good", good), ("bad", bad), expected, resamples=200)}
    assert found["identical %"].significant
    assert (found["exact match %"].score, found["exact match %"].other_score) == (100, 100)


def test_p_values_equal_those_of_sacrebleu(tmp_path):
    references, one = sentences(50, 0.25)
    other = sentences(50, 0.3, seed=0)[1]
    for name, lines in (("references", references), ("one", one), ("other", other)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", tmp_path / "references", "-i", tmp_path / "other", tmp_path / "one"]
    command += ["-m", "bleu", "--paired-bs", "--paired-bs-n", "300", "-f", "json", "-w", "4"]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[1]["BLEU"]
    expected = [Example("", (reference,)) for reference in references]
    ours = compare_paired("translation", ("one", one), ("other", other), expected, resamples=300)[0]
    assert ours.score == pytest.approx(theirs["score"], abs=1e-3)
    assert ours.p_value == pytest.approx(theirs["p_value"], abs=1e-3)
