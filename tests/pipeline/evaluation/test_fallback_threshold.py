from types import SimpleNamespace

import pytest

from seq2edge.device.errors import UserError
from seq2edge.export.families.seq2seq import signatures
from seq2edge.pipeline.evaluation import fallback_threshold as module
from seq2edge.pipeline.evaluation.fallback_threshold import fallback_threshold


def test_the_threshold_is_one_of_scores_of_the_recipe_s_search(trained_run, monkeypatch):
    asked, decode = [], module.decode
    monkeypatch.setattr(module, "decode", lambda *given: asked.append(given[2]) or decode(*given))
    decoding = trained_run.recipe.decoding.model_copy(update={"beam": 3, "length_penalty": 1.4})
    recipe = trained_run.recipe.model_copy(update={"decoding": decoding})
    threshold = fallback_threshold(SimpleNamespace(recipe=recipe, data=trained_run.data), trained_run.model())
    assert (asked[0].beam, asked[0].length_penalty) == (3, 1.4)
    assert threshold < 0


def test_a_model_with_unanswered_sources_has_no_shortlist():
    run = SimpleNamespace(data=SimpleNamespace(has_unknown=True))
    settings = SimpleNamespace(section=SimpleNamespace(shortlist=80))
    model = SimpleNamespace(config=SimpleNamespace(copy=False))
    with pytest.raises(UserError, match="shortlist must be 0 for a model that was trained with sources without an"):
        signatures(run, model, settings)
