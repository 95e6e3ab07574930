"""A trained run → ONNX by Keras' own export: an encoder, a decoder step, and what a program beside them has to know."""

import importlib.util
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.export.beam import GraphBeam
from seq2edge.export.bundle import files_of
from seq2edge.export.signatures import SHARED
from seq2edge.export.verify import SENTENCES, compare, searches, test_examples
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.files import refuse_existing, whole_folder, write_bytes, write_text
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

ENCODER, STEP, FILE = "encoder.onnx", "decoder_step.onnx", "onnx.json"
STATE = "state_"
NEXT = "next_"  # before the name of a state that a step gives: no output of an ONNX graph may have an input's name
OPSET = 15
SCHEMA_VERSION = 1


def export_onnx(run: Run, output: Path, overwrite: bool = False) -> Path:
    """Write a folder with encoder.onnx and decoder_step.onnx (float32, batch and source length open), onnx.json and the
    tokenizers, whole.

    Raises:
        UserError: If a package is not installed, or the folder exists.
    """
    if missing := [name for name in ("tf2onnx", "onnx") if not _installed(name)]:
        raise UserError(f"export to ONNX needs {' and '.join(missing)}; pip install 'seq2edge[onnx]'")
    refuse_existing(output, overwrite)
    with whole_folder(output) as new:
        graphs = write_graphs(run.model(), new)
        for tokenizer in set(run.data.tokenizers):
            write_bytes(new / tokenizer.name, tokenizer.read_bytes())
        about = _about(run) | graphs | {"files": files_of(new)}
        write_text(new / FILE, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    return output


def write_graphs(model: Seq2Seq, folder: Path) -> dict[str, Any]:
    """Write encoder.onnx and decoder_step.onnx.

    Returns:
        `states`, the name of each with the name of what a step makes of it; and of `encoder` and `decoder_step` inputs
        and outputs, by name, as the files say.
    """
    return {
        "states": {name: NEXT + name for name in model.encoder.output if name.startswith(STATE)},
        "encoder": _write(model.encoder, folder / ENCODER),
        "decoder_step": _write(_renamed(model.decoder_step), folder / STEP),
    }


def verify_onnx(run: Run, path: Path, search: GraphBeam, sentences: int = SENTENCES) -> dict[str, float] | None:
    """Share in percent of test sentences for which ONNX Runtime says what Keras says, greedily and with a beam; None
    where onnxruntime is not installed."""
    if not _installed("onnxruntime"):
        return None
    codec, expected = run.data.codec(), test_examples(run, sentences)
    ids = [codec.encode_source(example.source, run.recipe.model.source_length) for example in expected]
    models = KerasSequenceModel(run.model()), OnnxModel(path)
    shares = {}
    for name, options in zip(("greedy", "beam"), searches(search), strict=True):
        said, found = ([best for best, *_ in decode(model, ids, options)] for model in models)
        shares[name] = compare(said, found)["identical"]
    return shares


class OnnxModel(SequenceModel):
    """A `seq2edge.device.search.model.SequenceModel` over ONNX Runtime.

    Args:
        folder: With encoder.onnx and decoder_step.onnx, as `export_onnx` writes them.
        threads: Of ONNX Runtime.
    """

    max_batch_size = 64

    def __init__(self, folder: Path, threads: int = 1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        self.encoder, self.decoder_step = (
            onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"])
            for file in (ENCODER, STEP)
        )
        self.states = [output.name for output in self.encoder.get_outputs() if output.name.startswith(STATE)]
        self.mutable: Sequence[bool] = [True] * len(self.states)

    def encode(
        self, source_ids: Sequence[np.ndarray], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        padded = np.zeros((len(source_ids), max(map(len, source_ids))), np.int32)
        for row, ids in enumerate(source_ids):
            padded[row, : len(ids)] = ids
        encoded = _call(self.encoder, source_ids=padded)
        states = [encoded.pop(name) for name in self.states]
        return encoded, states

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        one = len(memory["memory"]) == 1  # shared by all rows
        outputs = _call(
            self.decoder_step,
            token_ids=token_ids.astype(np.int32, copy=False),
            **{name: values if one else values[sentence] for name, values in memory.items()},
            **dict(zip(self.states, states, strict=True)),
        )
        return StepOutput(outputs["logits"], [outputs[NEXT + name] for name in self.states], outputs.get("attention"))


def _call(session: Any, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _renamed(step: keras.Model) -> keras.Model:
    """The same step without `vector`, which is for shortlists, and with names for its new states."""
    outputs = {
        NEXT + name if name.startswith(STATE) else name: tensor
        for name, tensor in step.output.items()
        if name != "vector"
    }
    return keras.Model(step.input, outputs, name=step.name)


def _write(model: keras.Model, path: Path) -> dict[str, Any]:
    """Write an ONNX file; its inputs and outputs by name, with shapes and dtypes as the file itself says."""
    import onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras looks for np.object
        model.export(path, format="onnx", verbose=False, opset_version=OPSET, input_signature=[_signature(model)])
    file = onnx.load(path)
    for tensor in (*file.graph.input, *file.graph.output):
        for axis, size in enumerate(tensor.type.tensor_type.shape.dim):
            if not size.HasField("dim_value"):
                size.dim_param = _open(tensor.name, axis, model.name)
    onnx.checker.check_model(file, full_check=True)
    write_bytes(path, file.SerializeToString())
    return {
        "file": path.name,
        "inputs": dict(map(_tensor, file.graph.input)),
        "outputs": dict(map(_tensor, file.graph.output)),
    }


def _signature(model: keras.Model) -> Any:
    # Keras names the inputs itself only in a model that was called.
    return keras.tree.map_structure(
        lambda tensor: keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name), model.input
    )


def _open(tensor: str, axis: int, model: str) -> str:
    """A name for a dimension that is open: a step's memory may have one row beside a batch of many."""
    if axis:
        return "source_length"
    return "memory_batch" if tensor in SHARED and model == "decoder_step" else "batch"


def _tensor(tensor: Any) -> tuple[str, dict[str, Any]]:
    from onnx.helper import tensor_dtype_to_np_dtype

    kind = tensor.type.tensor_type
    shape = [size.dim_param or size.dim_value for size in kind.shape.dim]
    return tensor.name, {"shape": shape, "dtype": tensor_dtype_to_np_dtype(kind.elem_type).name}


def _about(run: Run) -> dict[str, Any]:
    """What a program has to know beside the two graphs."""
    bundle, (source, target) = run.manifest(), run.data.tokenizers
    return {
        "schema_version": SCHEMA_VERSION,
        "name": bundle.name,
        "task": bundle.task,
        "tokenizers": {"source": source.name, "target": target.name},
        "normalisation": bundle.normalisation,
        "vocabulary": bundle.vocabulary,
        "special_ids": bundle.special_ids,
        "source_length": bundle.source_length,
        "target_length": bundle.target_length,
        "decoding": bundle.decoding,
        "opset": OPSET,
        "licence": bundle.licence,
        "created_with": bundle.created_with,
    }
