"""Exports a trained run to ONNX with Keras' own export: an encoder, a decoder step, and a description of both."""

import importlib.util
import json
import warnings
from pathlib import Path
from typing import Any

import keras

from seq2edge.device.errors import UserError
from seq2edge.export.families.registry import require_extra
from seq2edge.export.families.seq2seq_signatures import INTERNAL
from seq2edge.export.manifest import files_of
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.files import refuse_existing, whole_folder, write_bytes, write_text
from seq2edge.pipeline.run import Run

ENCODER, STEP, FILE = "encoder.onnx", "decoder_step.onnx", "onnx.json"
NEXT = "next_"  # prefix of a step's new states, because outputs of an ONNX graph cannot have the name of an input
OPSET = 15
OPSET_OF_COPYING = 16  # the first opset with a ScatterND that adds up
SHARED = ("memory", "memory_mask", "copy_ids")  # inputs that all rows of a step share
SCHEMA_VERSION = 1


def export_onnx(run: Run, output: Path, overwrite: bool = False) -> Path:
    """Write a folder with two ONNX files, onnx.json and the tokenizers. It appears only when it is complete.

    encoder.onnx and decoder_step.onnx are float32 and accept any batch size and any source length.

    Raises:
        UserError: If the run's model is not an encoder-decoder, a package is not installed, or the folder exists.
    """
    require_extra(run.recipe.task, "onnx")
    if missing := [name for name in ("tf2onnx", "onnx") if not installed(name)]:
        raise UserError(f"export to ONNX needs {' and '.join(missing)}; pip install 'seq2edge[onnx]'")
    refuse_existing(output, overwrite, FILE)
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
        `opset`: version of the operators. `states`: the name of each state, and its name among the outputs of a step.
        `encoder` and `decoder_step`: file, inputs and outputs, as the files declare them.
    """
    opset = OPSET_OF_COPYING if model.config.copy else OPSET
    return {
        "opset": opset,
        "states": {name: NEXT + name for name in model.state_names},
        "encoder": _write(model.encoder, folder / ENCODER, opset),
        "decoder_step": _write(_with_next_states(model), folder / STEP, opset),
    }


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _with_next_states(model: Seq2Seq) -> keras.Model:
    """Return the decoder step with other names for its new states, and without internal outputs."""
    step, states = model.decoder_step, model.state_names
    outputs = {
        NEXT + name if name in states else name: tensor for name, tensor in step.output.items() if name not in INTERNAL
    }
    return keras.Model(step.input, outputs, name=step.name)


def _write(model: keras.Model, path: Path, opset: int) -> dict[str, Any]:
    """Write an ONNX file. Returns its inputs and outputs by name, with shapes and dtypes as the file declares them."""
    import onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras uses np.object
        model.export(path, format="onnx", verbose=False, opset_version=opset, input_signature=[_signature(model)])
    file = onnx.load(path)
    for node in file.graph.node:
        if node.op_type == "ScatterND":  # tf2onnx ignores that tf.scatter_nd adds up values with the same index
            node.attribute.append(onnx.helper.make_attribute("reduction", "add"))
    for tensor in (*file.graph.input, *file.graph.output):
        for axis, size in enumerate(tensor.type.tensor_type.shape.dim):
            if not size.HasField("dim_value"):
                size.dim_param = _dimension_name(tensor.name, axis, model.name)
    onnx.checker.check_model(file, full_check=True)
    write_bytes(path, file.SerializeToString())
    return {
        "file": path.name,
        "inputs": dict(map(_tensor, file.graph.input)),
        "outputs": dict(map(_tensor, file.graph.output)),
    }


def _signature(model: keras.Model) -> Any:
    # Keras itself names the inputs only if the model has been called.
    return keras.tree.map_structure(
        lambda tensor: keras.InputSpec(dtype=tensor.dtype, shape=tensor.shape, name=tensor.name), model.input
    )


def _dimension_name(tensor: str, axis: int, model: str) -> str:
    """Return a name for a dynamic dimension. A step's memory may have one row that all rows of the batch share."""
    if axis:
        return "source_length"
    return "memory_batch" if tensor in SHARED and model == "decoder_step" else "batch"


def _tensor(tensor: Any) -> tuple[str, dict[str, Any]]:
    from onnx.helper import tensor_dtype_to_np_dtype

    kind = tensor.type.tensor_type
    shape = [size.dim_param or size.dim_value for size in kind.shape.dim]
    return tensor.name, {"shape": shape, "dtype": tensor_dtype_to_np_dtype(kind.elem_type).name}


def _about(run: Run) -> dict[str, Any]:
    """Return the information that a program needs besides the two graphs."""
    bundle, (source, target) = run.manifest(), run.data.tokenizers
    return {
        "schema_version": SCHEMA_VERSION,
        "name": bundle.name,
        "task": bundle.task,
        "tokenizers": {"source": source.name, "target": target.name},
        "processors": bundle.processors,
        "vocabulary": bundle.vocabulary,
        "unknown": bundle.unknown,
        "special_ids": bundle.special_ids,
        "languages": bundle.languages,
        "source_length": bundle.source_length,
        "target_length": bundle.target_length,
        "decoding": bundle.decoding,
        "licence": bundle.licence,
        "created_with": bundle.created_with,
    }
