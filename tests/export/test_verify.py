import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.verify import check_score_loss


def test_a_bundle_that_loses_too_much_of_the_score_is_refused(bundles):
    bundle = read_bundle(bundles / "int8")
    scores = {"keras": 32.24, "bundle": 32.0, "shortlist": 31.84}
    systems = {name: {"sentences": 1000, "bleu": bleu} for name, bleu in scores.items()}
    result = {"test_sentences": 1000, "agreement_with_keras": {"identical": 90}, **systems}
    check_score_loss(bundle, "translation", result, 0.5)
    with pytest.raises(
        UserError, match=r"int8 with its shortlist loses 0\.40 of Keras' 32\.24 bleu over 1000 test sentences"
    ):
        check_score_loss(bundle, "translation", result, 0.3)
    with pytest.raises(UserError, match=r"int8 loses 0\.24 .* more than max_score_loss = 0\.1"):
        check_score_loss(bundle, "translation", result, 0.1)


def test_max_score_loss_is_checked_on_the_whole_test_set(trained_run, tmp_path, monkeypatch):
    monkeypatch.setattr("seq2edge.export.verify.SENTENCES", 3)
    options = ExportOptions(max_score_loss=100)
    bundle = export_bundle(trained_run, tmp_path / "bundle", options, lambda line: None)
    assert bundle.manifest.scores["test_sentences"] == len(list(trained_run.data.texts("test"))) > 3
