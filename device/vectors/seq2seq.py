"""Test vectors of encoder-decoders: texts with their greedy target and the first logits of the first steps."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypedDict

from seq2edge.device.json_types import Items
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.device.vectors.interface import Ids, Logits, Repeated, difference, first_logits

STEPS = 3  # number of steps recorded for each text


class Vector(TypedDict):
    """A text with its greedy target and the first logits of the first steps."""

    text: str
    source_ids: Ids
    target_ids: Ids
    target: str
    logits: Annotated[list[Logits], Items(0, caps.VECTORS)]


VECTORS = Annotated[list[Vector], Items(1, caps.VECTORS)]


def contradictions(vectors: Sequence[Vector], manifest: Seq2SeqManifest) -> Iterator[str]:
    vocabulary, longest = manifest.vocabulary["target"], manifest.target_length
    for place, vector in enumerate(vectors):
        if max(vector["target_ids"], default=0) >= vocabulary:
            yield f"vectors[{place}].target_ids must be less than {vocabulary}, got {max(vector['target_ids'])}"
        if (steps := len(vector["logits"])) > longest:
            yield f"vectors[{place}].logits must have at most target_length = {longest} steps, got {steps}"


def record(runner: Seq2SeqRunner, text: str) -> dict[str, Any]:
    source = runner.processor(text, runner.manifest.source_length)
    target_ids = _greedy(runner, source)
    steps = forced_steps(runner.model, [source], [_forced(target_ids, STEPS)])
    return {
        "text": text,
        "source_ids": source["source_ids"].tolist(),
        "target_ids": target_ids,
        "target": runner.processor.fill(text, runner.tokenizer.decode(target_ids)),
        "logits": [first_logits(step.logits[0]) for step in steps],
    }


def repeat(runner: Seq2SeqRunner, vector: dict[str, Any]) -> Repeated:
    source = runner.processor(vector["text"], runner.manifest.source_length)
    same_source = source["source_ids"].tolist() == vector["source_ids"]
    steps = forced_steps(runner.model, [source], [_forced(vector["target_ids"], len(vector["logits"]))])
    differences = [difference(logits, step.logits[0]) for logits, step in zip(vector["logits"], steps, strict=True)]
    return Repeated(same_source and _greedy(runner, source) == vector["target_ids"], max(differences, default=0.0))


def _greedy(runner: Seq2SeqRunner, source: Features) -> list[int]:
    options = DecodingOptions(max_length=runner.manifest.target_length, shortlist=False)
    return list(decode(runner.model, [source], options)[0][0].ids)


def _forced(target_ids: Sequence[int], steps: int) -> list[int]:
    """The forced target ids for the recorded steps: the target, padded with eos."""
    return [*target_ids, *[EOS] * steps][:steps]
