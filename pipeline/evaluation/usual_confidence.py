"""Finds how confident a model usually is, so that the runner can say when it is not."""

from itertools import chain

import numpy as np

from seq2edge.device.batching import batched
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

UNUSUAL = 0.05  # share of the outputs for validation texts that are below the usual confidence
MOST_TEXTS = 300


def usual_confidence(run: Run, model: Seq2Seq) -> float:
    """Return the confidence that 95 % of the outputs for validation texts have at least, with greedy search."""
    recipe, processor = run.recipe, run.data.processor(run.recipe)
    texts = [pair.source for pair in run.data.texts("valid")]
    spread = texts[:: -(-len(texts) // MOST_TEXTS)]
    sources = [processor(text, recipe.model.source_length) for text in spread]
    keras_model, options = KerasSequenceModel(model), DecodingOptions(max_length=recipe.model.target_length)
    batches = (decode(keras_model, batch, options) for batch in batched(sources, keras_model.max_batch_size))
    return round(float(np.quantile([best.confidence for best, *_ in chain.from_iterable(batches)], UNUSUAL)), 4)
