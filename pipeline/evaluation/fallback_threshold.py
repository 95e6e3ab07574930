"""Chooses the score below which a fallback line replaces a reply."""

import numpy as np

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.metrics.matches import is_exact
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run


def fallback_threshold(run: Run, model: Seq2Seq) -> float:
    """Return the highest threshold that replaces at most the recipe's share of the correct validation replies.

    If no validation reply is correct, the share refers to all replies. Without validation replies, the threshold is 0.
    """
    recipe, tokenizer = run.recipe, run.data.target_tokenizer()
    expected = examples(list(run.data.texts("valid")), recipe.task)
    processor = run.data.processor(recipe)
    sources = [processor(example.source, recipe.model.source_length) for example in expected]
    search = DecodingOptions(
        max_length=recipe.model.target_length,
        beam=recipe.decoding.beam,
        length_penalty=recipe.decoding.length_penalty,
    )
    hypotheses = decode(KerasSequenceModel(model), sources, search)
    correct = [
        best.score
        for (best, *_), example in zip(hypotheses, expected, strict=True)
        if is_exact(processor.fill(example.source, tokenizer.decode(best.ids)), example.references)
    ]
    scores = correct or [best.score for best, *_ in hypotheses]
    share = recipe.decoding.fallback.share if recipe.decoding.fallback else 0.0
    return round(float(np.quantile(scores, share)), 4) if scores else 0.0
