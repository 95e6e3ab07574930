"""Which weights int8 hurts most: each is put back to float32 alone, and the logits are compared with Keras'."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.export.signatures import Signatures
from seq2edge.export.tflite.convert import convert
from seq2edge.export.tflite.edits import int8_weights, keep_float
from seq2edge.export.tflite.flatbuffer import pack, parse
from seq2edge.export.verify import test_examples
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

SENTENCES = 20


@dataclass(frozen=True)
class Cost:
    """What int8 costs at one weight.

    Attributes:
        name: Of the weight; "" where all are int8.
        extra_bytes: Of the file with this weight in float32.
        error: Of that file's logits against Keras', root mean square.
    """

    name: str
    extra_bytes: int
    error: float


def suggest_float(run: Run, quiet: bool = False) -> list[Cost]:
    """What each int8 weight costs, the one that gains most a byte in float32 first; the file as it is at the end.

    Logits are those of all steps of Keras' greedy answers to the first test sentences.
    """
    model = run.model()
    weights = {weight.path: np.asarray(weight) for weight in model.training.weights}
    steps = _keras_steps(run, KerasSequenceModel(model))
    with tempfile.TemporaryDirectory() as folder:
        signatures = Signatures(model, [1], run.recipe.model.target_length)
        signatures.save(Path(folder) / "saved_model")
        content = convert(Path(folder) / "saved_model", "int8")
    base = Cost("", 0, _error(content, steps, signatures.state_names))
    costs = []
    for name in tqdm(int8_weights(parse(content), weights), "weights", file=sys.stderr, disable=quiet):
        edited = parse(content)
        keep_float(edited, {name: weights[name]})
        packed = pack(edited)
        costs.append(Cost(name, len(packed) - len(content), _error(packed, steps, signatures.state_names)))
    return [*sorted(costs, key=lambda cost: (cost.error**2 - base.error**2) / cost.extra_bytes), base]


def table(costs: Sequence[Cost]) -> str:
    """For a person to read."""
    base = costs[-1].error
    lines = ["in float32                                      file grows by    logits off by (root mean square)"]
    for cost in costs:
        change = "" if not cost.name else f"  {100 * (cost.error / base - 1) if base else 0:+.0f} %"
        lines.append(f"{cost.name or 'nothing':46} {cost.extra_bytes / 1e6:8.2f} MB      {cost.error:.4f}{change}")
    return "\n".join(lines)


@dataclass(frozen=True)
class _Steps:
    """A sentence's steps: its source, what was written, and Keras' logits, `(steps, vocabulary)`."""

    source_ids: np.ndarray
    tokens: tuple[int, ...]
    logits: np.ndarray


def _keras_steps(run: Run, model: KerasSequenceModel) -> list[_Steps]:
    codec, length = run.data.codec(), run.recipe.model.source_length
    sources = [codec.encode_source(example.source, length) for example in test_examples(run, SENTENCES)]
    found = decode(model, sources, DecodingOptions(max_length=run.recipe.model.target_length))
    steps = []
    for source, (best, *_) in zip(sources, found, strict=True):
        logits = [output.logits[0] for output in forced_steps(model, [source], [(*best.ids, EOS)])]
        steps.append(_Steps(source, (BOS, *best.ids), np.stack(logits)))
    return steps


def _error(content: bytes, sentences: Sequence[_Steps], state_names: Sequence[str]) -> float:
    """Root mean square of what a file's logits differ by."""
    interpreter = Interpreter(model_content=content)
    encode, step = (interpreter.get_signature_runner(name) for name in ("encode", "decode_step_1"))
    squares = []
    for sentence in sentences:
        encoded = encode(source_ids=sentence.source_ids.astype(np.int32)[np.newaxis])
        for token, logits in zip(sentence.tokens, sentence.logits, strict=True):
            outputs = step(token_ids=np.array([token], np.int32), **encoded)
            encoded |= {name: outputs[name] for name in state_names}
            squares.append(np.mean((outputs["logits"][0] - logits) ** 2))
    return float(np.sqrt(np.mean(squares)))
