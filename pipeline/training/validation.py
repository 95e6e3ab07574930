"""Scores of greedy outputs for validation sentences."""

from collections.abc import Callable
from dataclasses import dataclass

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.evaluation.examples import examples
from seq2edge.pipeline.evaluation.metrics.registry import basic_metrics, basic_scores
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.recipe import Recipe

SAMPLES = 12  # sentences in samples.txt


@dataclass(frozen=True)
class Validation:
    """Scores of the outputs for validation sentences.

    Attributes:
        scores: The basic metrics of the task by key.
        samples: (source, hypothesis, references) of the first sentences.
    """

    scores: dict[str, float]
    samples: list[tuple[str, str, str]]


def validator(model: Seq2Seq, recipe: Recipe, data: Dataset) -> Callable[[], Validation]:
    """A function that decodes the first validation sentences with the current weights of a model, and scores them."""
    expected = examples(list(data.texts("valid")), recipe.task)[: recipe.training.score_sentences]
    processor, tokenizer, decoder = data.processor(recipe), data.target_tokenizer(), KerasSequenceModel(model)
    sources = [processor(example.source, recipe.model.source_length) for example in expected]
    options = DecodingOptions(max_length=recipe.model.target_length)

    def validate() -> Validation:
        hypotheses = [tokenizer.decode(best.ids) for best, *_ in decode(decoder, sources, options)]
        all_scores = basic_scores(recipe.task, hypotheses, expected)
        samples = [
            (example.source, hypothesis, " | ".join(example.references))
            for example, hypothesis in zip(expected[:SAMPLES], hypotheses, strict=False)
        ]
        return Validation({name: all_scores[name] for name in basic_metrics(recipe.task)}, samples)

    return validate
