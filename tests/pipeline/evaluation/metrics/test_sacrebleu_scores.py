import json

import pytest

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.registry import basic_scores, signatures, task_scores
from seq2edge.pipeline.evaluation.metrics.sacrebleu_scores import sentence_chrf


def test_scores_and_signatures_equal_those_of_sacrebleu(corpus, output_of):
    command = ("-m", "sacrebleu", corpus.references, "-i", corpus.hypotheses, "-w", "2")
    theirs = json.loads(output_of(*command, "-m", "bleu", "chrf", "ter", "--chrf-word-order", "2"))
    lower = json.loads(output_of(*command, "-lc"))
    ours = task_scores("translation", corpus.texts, corpus.expected)
    assert [ours["bleu"], ours["chrf"], ours["ter"]] == [row["score"] for row in theirs]
    assert ours["bleu_lc"] == lower["score"]
    assert signatures("translation") == [row["signature"] for row in (theirs[0], lower, *theirs[1:])]


def test_basic_bleu_equals_that_of_sacrebleu():
    import sacrebleu

    expected = [Example("", ("the cat sat on the mat",)), Example("", ("a dog runs in the park",))]
    hypotheses = ["the cat sat on a mat", "a dog runs in the park"]
    reference = sacrebleu.corpus_bleu(hypotheses, [[e.references[0] for e in expected]])
    assert basic_scores("translation", hypotheses, expected)["bleu"] == pytest.approx(reference.score, abs=0.01)


def test_the_score_of_a_sentence_is_its_chrf():
    expected = [Example("", (f"the red stone number {i} & more",)) for i in range(2)]
    first, second = sentence_chrf(["the red stone number 0 & more", "no"], expected)
    assert first == 100
    assert second < 10
