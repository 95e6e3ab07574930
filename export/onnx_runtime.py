"""Runs an exported ONNX model in ONNX Runtime, and compares it with Keras."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.batching import pad_sources
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.export.beam import GraphBeam
from seq2edge.export.families.seq2seq_comparison import best_hypotheses, identical
from seq2edge.export.held_out import SENTENCES, held_out_examples, source_features
from seq2edge.export.onnx_model import ENCODER, NEXT, STEP, installed
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run


def verify_onnx(run: Run, path: Path, sentences: int = SENTENCES) -> dict[str, float] | None:
    """Compare an exported ONNX model with Keras.

    Returns:
        The percentage of held-out sentences with the same ids, for greedy search and for beam search; None if
        onnxruntime is not installed.
    """
    if not installed("onnxruntime"):
        return None
    sources = source_features(run, held_out_examples(run, sentences))
    search = GraphBeam.from_recipe(run.recipe, run.data.has_unknown)
    keras, onnx = KerasSequenceModel(run.model()), OnnxModel(path, unknown=run.data.has_unknown)
    return {
        name: identical(best_hypotheses(keras, sources, options), best_hypotheses(onnx, sources, options))
        for name, options in (("greedy", search.greedy_options()), ("beam", search.options()))
    }


class OnnxModel(SequenceModel):
    """A `seq2edge.device.search.model.SequenceModel` that uses ONNX Runtime.

    Args:
        folder: A folder with encoder.onnx and decoder_step.onnx, as `export_onnx` writes it.
        threads: Number of threads of ONNX Runtime.
        unknown: As in onnx.json.
    """

    max_batch_size = 64

    def __init__(self, folder: Path, threads: int = 1, unknown: bool = False):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        self.encoder, self.decoder_step = (
            onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"])
            for file in (ENCODER, STEP)
        )
        self.unknown = unknown
        self.states = [output.name for output in self.encoder.get_outputs() if output.name.startswith("state_")]
        self.mutable: Sequence[bool] = [True] * len(self.states)

    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        encoded = _call(self.encoder, **pad_sources(sources, max(map(source_length, sources))))
        states = [encoded.pop(name) for name in self.states]
        return encoded, states

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        shared = len(memory["memory"]) == 1  # all rows share one source
        outputs = _call(
            self.decoder_step,
            token_ids=token_ids.astype(np.int32, copy=False),
            **{name: values if shared else values[sentence] for name, values in memory.items()},
            **dict(zip(self.states, states, strict=True)),
        )
        states = [outputs[NEXT + name] for name in self.states]
        return StepOutput(outputs["logits"], states, outputs.get("attention"), unknown=self.unknown)


def _call(session: Any, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))
