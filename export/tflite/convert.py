"""SavedModel → TFLite, builtin operators only."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.edits import keep_float, look_up_before_dequantizing, separate_outputs, sink_constants
from seq2edge.export.tflite.flatbuffer import pack, parse


def convert(saved_model: Path, quantization: str, kept: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Convert every signature of a SavedModel into one TFLite file.

    Args:
        quantization: "none" (float32), "float16" (weights), or "int8" (weights, one scale a tensor: per-channel dense
            layers are refused by tflite-runtime 2.14).
        kept: Trained weights by name that stay in float32 all the same.

    Raises:
        UserError: If an operator is not built into TFLite, naming it, or a weight cannot stay in float32.
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
        model = parse(converter.convert())
    except Exception as error:
        refused = _refused(str(error))
        if not refused:
            raise
        raise UserError(f"the model has operators that are not built into TFLite: {', '.join(refused)}") from error
    sink_constants(model)
    look_up_before_dequantizing(model)
    separate_outputs(model)
    keep_float(model, kept or {})
    return pack(model)


def _refused(message: str) -> list[str]:
    """Operators of which the converter says that they are not built in, with the layer each came from."""
    found = set()
    for line in message.splitlines():
        if operator := re.search(r"'tf\.(\w+)' op is neither a custom op nor a flex op", line):
            name = operator[1]
            layer = re.search(rf'"([^"@]+)/{name}[^"/@]*@', line)
            found.add(f"{name} of {layer[1]}" if layer else name)
    return sorted(found) or re.findall(r"Flex ops: ([\w, ]+)", message)
