"""Converts a SavedModel to TFLite with builtin operators only."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.compact import drop_names, share_buffers
from seq2edge.export.tflite.edits import look_up_before_dequantizing, separate_outputs, sink_constants
from seq2edge.export.tflite.flatbuffer import pack, parse
from seq2edge.export.tflite.keep_float import keep_float


def convert(saved_model: Path, quantization: str, kept: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Convert every signature of a SavedModel into one TFLite file.

    Args:
        saved_model: Folder of the SavedModel.
        quantization: Quantization of the weights: "none" (float32), "float16" or "int8". Int8 has one scale per tensor,
            because tflite-runtime 2.14 refuses dense layers with one scale per channel.
        kept: Trained weights, by name, that stay float32 in an int8 file.

    Returns:
        Bytes of the TFLite file.

    Raises:
        UserError: If operators are not built into TFLite (the message names them), or a weight cannot stay float32.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    # Without this, outputs of loops have dynamic shapes, for which newer runtimes silently return wrong values.
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
    drop_names(model)
    share_buffers(model)
    return pack(model)


def _refused(message: str) -> list[str]:
    """Return the operators that the converter reports as not built in, each with its layer."""
    found = set()
    for line in message.splitlines():
        if operator := re.search(r"'tf\.(\w+)' op is neither a custom op nor a flex op", line):
            name = operator[1]
            layer = re.search(rf'"([^"@]+)/{name}[^"/@]*@', line)
            found.add(f"{name} of {layer[1]}" if layer else name)
    return sorted(found) or re.findall(r"Flex ops: ([\w, ]+)", message)
