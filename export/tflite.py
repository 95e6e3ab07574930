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
        operators = sorted(set(re.findall(r"'tf\.(\w+)' op is neither a custom op nor a flex op", str(error))))
        operators += re.findall(r"Flex ops: ([\w, ]+)", str(error))
        if not operators:
            raise
        raise UserError(f"the model has operators that are not built into TFLite: {', '.join(operators)}") from error


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
