import pytest

from seq2edge.pipeline.evaluation.metrics.registry import task_scores


@pytest.mark.parametrize(("key", "options"), [("wer", ()), ("cer", ("--cer",))])
def test_error_rates_equal_those_of_jiwer(corpus, output_of, key, options):
    command = "from jiwer.cli import cli; cli()"
    theirs = float(output_of("-c", command, "-r", corpus.references, "-h", corpus.hypotheses, *options))
    assert task_scores("translation", corpus.texts, corpus.expected)[key] == pytest.approx(100 * theirs, abs=0.01)
