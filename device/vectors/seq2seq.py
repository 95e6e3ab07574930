"""Test vectors of encoder-decoders: the greedy target of a text, and the first logits of the first steps."""

from collections.abc import Sequence
from typing import Any

from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.device.vectors.interface import Repeated, difference, first_logits

STEPS = 3  # recorded for each text


def record(runner: Seq2SeqRunner, text: str) -> dict[str, Any]:
    source = runner.processor(text, runner.manifest.source_length)
    target_ids = _greedy(runner, source)
    steps = forced_steps(runner.model, [source], [_forced(target_ids, STEPS)])
    return {
        "text": text,
        "source_ids": source["source_ids"].tolist(),
        "target_ids": target_ids,
        "target": runner.tokenizer.decode(target_ids),
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
    """The ids along which logits are recorded: the target, then eos for every further step."""
    return [*target_ids, *[EOS] * steps][:steps]
