"""Score a run on one of its splits, through the decoder that ships."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2edge.device.decoding import SequenceModel, decode
from seq2edge.device.errors import UserError
from seq2edge.device.options import DecodingOptions
from seq2edge.device.text import TextCodec
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.baseline import nearest_neighbour
from seq2edge.pipeline.batches import Batches
from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.keras_decoding import KerasSequenceModel, perplexity
from seq2edge.pipeline.prepare import Prepared
from seq2edge.pipeline.recipe import Recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.scoring import Example, examples, scores, scores_by_script

TOGETHER = 64  # sentences decoded in one batch
SAMPLES = 12  # validation sentences in samples.txt

ScoredSample = tuple[list[str], list[str], list[str], dict[str, float]]  # sources, hypotheses, references, scores


@dataclass(frozen=True)
class Evaluation:
    """Scores of one system on one set.

    Attributes:
        scores: sacrebleu's BLEU and chrF with signatures, exact match, and for a run the perplexity.
        by_script: The same for each script of the sources, where there are two.
        baseline: The nearest neighbour's exact match, of all and by script; chat only.
        outputs: (source, hypothesis, references).
    """

    name: str
    split: str
    beam: int
    scores: dict[str, Any]
    by_script: dict[str, dict[str, Any]]
    baseline: dict[str, float]
    outputs: list[tuple[str, str, tuple[str, ...]]]

    def table(self) -> str:
        """For a person to read."""
        rows = [("", "sentences", "BLEU", "chrF", "exact match %", "nearest neighbour %")]
        for name, values in {"all": self.scores, **self.by_script}.items():
            neighbour = self.baseline.get(name)
            rows.append(
                (
                    name,
                    str(values["sentences"]),
                    f"{values['bleu']:.2f}",
                    f"{values['chrf']:.2f}",
                    f"{values['exact_match']:.2f}",
                    "" if neighbour is None else f"{neighbour:.2f}",
                )
            )
        lines = [f"{self.name}, {self.split} set, beam {self.beam}"]
        lines += ["  ".join(f"{cell:>13}" for cell in (row if self.baseline else row[:-1])) for row in rows]
        if "perplexity" in self.scores:
            lines.append(f"perplexity {self.scores['perplexity']:.2f}")
        return "\n".join([*lines, *self.scores["signatures"]])

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "split": self.split,
            "beam": self.beam,
            "scores": self.scores,
            "by_script": self.by_script,
            "nearest_neighbour": self.baseline,
        }


def evaluate(run: Run, split: str = "test", beam: int | None = None, quiet: bool = False) -> Evaluation:
    """Score a run's best Keras model and keep the outputs in the run's folder."""
    expected = examples(list(run.data.texts(split)), run.recipe.task)
    if not expected:
        raise UserError(f"{run.path}: its {split} set is empty; the recipe holds none out")
    model = run.model()
    decoder, codec, recipe = KerasSequenceModel(model), run.data.codec(), run.recipe
    options = DecodingOptions(
        beam or recipe.decoding.beam, 1, recipe.model.target_length, recipe.decoding.length_penalty
    )
    hypotheses = answer(decoder, codec, [e.source for e in expected], options, recipe.model.source_length, quiet)
    evaluation = _evaluation(recipe.name, split, options.beam, hypotheses, expected, run)
    if split == "valid":
        batches = Batches(run.data.valid, min(64, len(run.data.valid)), buckets=2)
        evaluation.scores["perplexity"] = round(perplexity(model.training, batches), 2)
    _keep(run, evaluation)
    return evaluation


def evaluate_answers(
    run: Run, name: str, respond: Callable[[str], str], split: str = "test", beam: int = 1, quiet: bool = False
) -> Evaluation:
    """Score anything that answers a text, such as a bundle's runner, on a run's split."""
    expected = examples(list(run.data.texts(split)), run.recipe.task)
    bar = tqdm(expected, f"evaluate {name}", unit="sentence", disable=quiet, file=sys.stderr)
    return _evaluation(name, split, beam, [respond(example.source) for example in bar], expected, run)


def answer(
    model: SequenceModel,
    codec: TextCodec,
    sources: list[str],
    options: DecodingOptions,
    source_length: int,
    quiet: bool = False,
) -> list[str]:
    """The best target of each source; sources of like length are decoded together."""
    ids = [codec.encode_source(source, source_length) for source in sources]
    order = np.argsort([len(encoded) for encoded in ids], kind="stable")
    answers = [""] * len(sources)
    with tqdm(total=len(sources), desc="decode", unit="sentence", disable=quiet, file=sys.stderr) as bar:
        for start in range(0, len(order), TOGETHER):
            chosen = order[start : start + TOGETHER]
            for index, (best, *_) in zip(chosen, decode(model, [ids[i] for i in chosen], options), strict=True):
                answers[index] = codec.decode_target(best.ids)
            bar.update(len(chosen))
    return answers


def _evaluation(
    name: str, split: str, beam: int, hypotheses: list[str], expected: list[Example], run: Run
) -> Evaluation:
    baseline = {}
    if run.recipe.task == "chat":
        neighbours = nearest_neighbour(run.data.texts("train"), [example.source for example in expected])
        groups = {"all": scores(neighbours, expected), **scores_by_script(neighbours, expected)}
        baseline = {group: values["exact_match"] for group, values in groups.items()}
    outputs = [(e.source, hypothesis, e.references) for hypothesis, e in zip(hypotheses, expected, strict=True)]
    by_script = scores_by_script(hypotheses, expected)
    return Evaluation(name, split, beam, scores(hypotheses, expected), by_script, baseline, outputs)


def _keep(run: Run, evaluation: Evaluation) -> None:
    path = run.path / f"evaluation-{evaluation.split}.json"
    write_text(path, json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=2) + "\n")
    lines = ["\t".join((source, hypothesis, *references)) for source, hypothesis, references in evaluation.outputs]
    write_text(run.path / f"outputs-{evaluation.split}.tsv", "\n".join(["source\thypothesis\treferences", *lines, ""]))


def validation_scorer(model: Seq2Seq, recipe: Recipe, data: Prepared) -> Callable[[], ScoredSample]:
    """What a training calls for greedy outputs of the first validation sentences and their scores."""
    expected = examples(list(data.texts("valid")), recipe.task)[: recipe.training.score_sentences]
    codec, decoder = data.codec(), KerasSequenceModel(model)
    sources = [codec.encode_source(example.source, recipe.model.source_length) for example in expected]
    options = DecodingOptions(max_length=recipe.model.target_length)

    def score() -> ScoredSample:
        found = decode(decoder, sources, options)
        hypotheses = [codec.decode_target(best.ids) for best, *_ in found]
        wanted = scores(hypotheses, expected)
        shown = expected[:SAMPLES]
        return (
            [example.source for example in shown],
            hypotheses[:SAMPLES],
            [" | ".join(example.references) for example in shown],
            {name: wanted[name] for name in ("bleu", "chrf", "exact_match")},
        )

    return score
