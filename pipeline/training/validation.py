"""Greedy scores on validation sentences, which a training asks for after each epoch."""

from collections.abc import Callable

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.metrics.registry import BASIC_METRICS, basic_scores
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.recipe import Recipe

SAMPLES = 12  # sentences in samples.txt

ScoredSample = tuple[list[str], list[str], list[str], dict[str, float]]  # sources, hypotheses, references, scores


def validation_scorer(model: Seq2Seq, recipe: Recipe, data: Dataset) -> Callable[[], ScoredSample]:
    """What a training calls for greedy outputs of the first validation sentences and their scores."""
    expected = examples(list(data.texts("valid")), recipe.task)[: recipe.training.score_sentences]
    codec, decoder = data.codec(), KerasSequenceModel(model)
    sources = [codec.encode_source(example.source, recipe.model.source_length) for example in expected]
    options = DecodingOptions(max_length=recipe.model.target_length)

    def score() -> ScoredSample:
        found = decode(decoder, sources, options)
        hypotheses = [codec.decode_target(best.ids) for best, *_ in found]
        wanted = basic_scores(hypotheses, expected)
        shown = expected[:SAMPLES]
        return (
            [example.source for example in shown],
            hypotheses[:SAMPLES],
            [" | ".join(example.references) for example in shown],
            {name: wanted[name] for name in BASIC_METRICS},
        )

    return score
