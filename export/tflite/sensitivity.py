"""Finds the weights that lose most in int8: restores each to float32, and compares the logits with those of Keras."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from seq2edge.device import signature_names
from seq2edge.device.processors.interface import Features
from seq2edge.device.search.decoding import forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.export.families.registry import require_extra
from seq2edge.export.families.seq2seq_comparison import best_hypotheses
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
from seq2edge.export.held_out import held_out_examples, source_features
from seq2edge.export.tflite.convert import convert
from seq2edge.export.tflite.flatbuffer import pack, parse
from seq2edge.export.tflite.keep_float import int8_weights, keep_float
from seq2edge.export.weights import trained_weights
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

SENTENCES = 20


@dataclass(frozen=True)
class Cost:
    """Size and error of a file with one weight in float32 and all others in int8.

    Attributes:
        name: Name of the weight; "" if all weights are int8.
        extra_bytes: Number of bytes by which the file is larger.
        error: Root mean square of the differences between the file's logits and those of Keras.
    """

    name: str
    extra_bytes: int
    error: float


def suggest_float(run: Run, quiet: bool = False) -> list[Cost]:
    """Measure the gain of keeping each int8 weight in float32, one at a time.

    Logits are compared at all steps of Keras' greedy outputs for the first test sentences.

    Returns:
        The cost of each weight, the largest gain per byte first, and at the end the cost with all weights in int8.

    Raises:
        UserError: If the run's model is not an encoder-decoder.
    """
    require_extra(run.recipe.task, "suggest-float")
    model = run.model()
    weights = trained_weights(model)
    steps = _keras_steps(run, KerasSequenceModel(model))
    with tempfile.TemporaryDirectory() as folder:
        signatures = Seq2SeqSignatures(model, [1], run.recipe.model.target_length)
        signatures.save(Path(folder) / "saved_model")
        content = convert(Path(folder) / "saved_model", "int8")
    base = Cost("", 0, _error(content, steps, signatures.state_names))
    costs = []
    for name in tqdm(int8_weights(parse(content), weights), "weights", file=sys.stderr, disable=quiet or None):
        edited = parse(content)
        keep_float(edited, {name: weights[name]})
        packed = pack(edited)
        costs.append(Cost(name, len(packed) - len(content), _error(packed, steps, signatures.state_names)))
    return [*sorted(costs, key=lambda cost: (cost.error**2 - base.error**2) / cost.extra_bytes), base]


def table(costs: Sequence[Cost]) -> str:
    """Format the costs as text."""
    base = costs[-1].error
    lines = ["in float32                                      file grows by    RMS error of the logits"]
    for cost in costs:
        change = "" if not cost.name else f"  {100 * (cost.error / base - 1) if base else 0:+.0f} %"
        lines.append(f"{cost.name or 'nothing':46} {cost.extra_bytes / 1e6:8.2f} MB      {cost.error:.4f}{change}")
    return "\n".join(lines)


@dataclass(frozen=True)
class _Steps:
    """A source, the tokens that the decoder reads, `(steps,)`, and the logits of Keras, `(steps, vocabulary)`."""

    source: Features
    tokens: tuple[int, ...]
    logits: np.ndarray


def _keras_steps(run: Run, model: KerasSequenceModel) -> list[_Steps]:
    """Return Keras' greedy outputs for the first test sentences, with their logits."""
    sources = source_features(run, held_out_examples(run, SENTENCES))
    found = best_hypotheses(model, sources, DecodingOptions(max_length=run.recipe.model.target_length))
    steps = []
    for source, best in zip(sources, found, strict=True):
        logits = [output.logits[0] for output in forced_steps(model, [source], [(*best.ids, EOS)])]
        steps.append(_Steps(source, (BOS, *best.ids), np.stack(logits)))
    return steps


def _error(content: bytes, sentences: Sequence[_Steps], state_names: Sequence[str]) -> float:
    """Return the root mean square of the differences between a file's logits and those of Keras."""
    interpreter = Interpreter(model_content=content)
    names = signature_names.encode(), signature_names.decode_step(1)
    encode, step = (interpreter.get_signature_runner(name) for name in names)
    squares = []
    for sentence in sentences:
        encoded = encode(**{name: values[np.newaxis] for name, values in sentence.source.items()})
        for token, logits in zip(sentence.tokens, sentence.logits, strict=True):
            outputs = step(token_ids=np.array([token], np.int32), **encoded)
            encoded |= {name: outputs[name] for name in state_names}
            squares.append(np.mean((outputs["logits"][0] - logits) ** 2))
    return float(np.sqrt(np.mean(squares)))
