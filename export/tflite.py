"""SavedModel → TFLite, builtin operators only."""

import re
from pathlib import Path

import tensorflow as tf

from seq2edge.device.errors import UserError


def convert(saved_model: Path, quantization: str) -> bytes:
    """Convert every signature of a SavedModel into one TFLite file.

    Args:
        quantization: "none" (float32), "float16" (weights), or "int8" (weights, one scale a tensor: per-channel dense
            layers are refused by tflite-runtime 2.14).

    Raises:
        UserError: If an operator is not built into TFLite, naming it.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    # Without static shapes behind DYNAMIC_UPDATE_SLICE newer runtimes return garbage without an error.
    converter._experimental_enable_dynamic_update_slice = True
    if quantization in ("float16", "int8"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if quantization == "int8":
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    try:
        return converter.convert()
    except Exception as error:
        refused = _refused(str(error))
        if not refused:
            raise
        raise UserError(f"the model has operators that are not built into TFLite: {', '.join(refused)}") from error


def _refused(message: str) -> list[str]:
    """Operators of which the converter says that they are not built in, with the layer each came from."""
    found = set()
    for line in message.splitlines():
        if operator := re.search(r"'tf\.(\w+)' op is neither a custom op nor a flex op", line):
            name = operator[1]
            layer = re.search(rf'"([^"@]+)/{name}[^"/@]*@', line)
            found.add(f"{name} of {layer[1]}" if layer else name)
    return sorted(found) or re.findall(r"Flex ops: ([\w, ]+)", message)


def constants(model: bytes) -> dict[str, int]:
    """Bytes of the constants in a TFLite file by type, each buffer counted once."""
    from ai_edge_litert import schema_py_generated as schema

    kinds = {value: name.lower() for name, value in vars(schema.TensorType).items() if not name.startswith("_")}
    parsed = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    kind_of = {tensor.buffer: kinds[tensor.type] for subgraph in parsed.subgraphs for tensor in subgraph.tensors}
    sizes: dict[str, int] = {}
    for number, buffer in enumerate(parsed.buffers):
        if number in kind_of and buffer.data is not None and len(buffer.data):
            sizes[kind_of[number]] = sizes.get(kind_of[number], 0) + len(buffer.data)
    return sizes


def operators(model: bytes) -> list[dict[str, int | str]]:
    """Names and versions of the operators in a TFLite file, as the file itself says."""
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    codes = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0)).operatorCodes
    found = {
        (code.customCode.decode() if code.customCode else names[max(code.builtinCode, code.deprecatedBuiltinCode)]):
        int(code.version)
        for code in codes
    }  # fmt: skip
    return [{"name": name, "version": version} for name, version in sorted(found.items())]
