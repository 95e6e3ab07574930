from types import SimpleNamespace

import pytest

from seq2edge.device.errors import UserError
from seq2edge.export.families.seq2seq import signatures
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.ensemble import EnsembleConfig


def test_a_shortlist_of_an_ensemble_that_copies_is_refused():
    model = SimpleNamespace(config=EnsembleConfig((Seq2SeqConfig(20, 20), Seq2SeqConfig(20, 20, copy=True))))
    run = SimpleNamespace(recipe=SimpleNamespace(is_ensemble=True))
    settings = SimpleNamespace(section=SimpleNamespace(shortlist=20))
    with pytest.raises(
        UserError, match=r"^export\.shortlist must be 0 for an ensemble with members that copy, got 20; "
    ):
        signatures(run, model, settings)
