"""When a chat model had better say that it is unsure."""

import numpy as np

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.scoring import exact, examples
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run


def fallback_threshold(run: Run, model: Seq2Seq) -> float:
    """The score under which a reply is withheld, found on validation data.

    The highest score that withholds no more than the recipe's share of the right validation replies; where none is
    right, of all replies.
    """
    recipe, codec = run.recipe, run.data.codec()
    expected = examples(list(run.data.texts("valid")), recipe.task)
    ids = [codec.encode_source(example.source, recipe.model.source_length) for example in expected]
    found = decode(KerasSequenceModel(model), ids, DecodingOptions(max_length=recipe.model.target_length))
    right = [
        best.score
        for (best, *_), example in zip(found, expected, strict=True)
        if exact(codec.decode_target(best.ids), example.references)
    ]
    scores = right or [best.score for best, *_ in found]
    share = recipe.decoding.fallback.share if recipe.decoding.fallback else 0.0
    return round(float(np.quantile(scores, share)), 4)
