"""Restores int8 weights of a converted file to the float32 values that they were quantized from."""

from collections.abc import Mapping

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.flatbuffer import TYPES, operator_names
from seq2edge.export.tflite.graph import replace_tensors

FLOAT_OK = ("FULLY_CONNECTED", "GATHER", "BATCH_MATMUL", "DEQUANTIZE")  # operators that read int8 or float32
FACTOR_ERROR = 1e-3  # tolerance, because the factor is estimated from rounded values


def keep_float(model: schema.ModelT, weights: Mapping[str, np.ndarray]) -> None:
    """Restore int8 weights to float32.

    Args:
        model: The converted file. It is modified.
        weights: The trained values, by name.

    Raises:
        UserError: If a weight is not stored in int8, or an operator reads it only in int8.
    """
    for name, values in weights.items():
        if not (found := _stored(model, values)):
            raise UserError(f"{name}: the file has no such weight in int8; `seq2edge info` lists its weights")
        for buffer, arranged in found.items():
            _store_float(model, buffer, arranged, name)


def int8_weights(model: schema.ModelT, weights: Mapping[str, np.ndarray]) -> list[str]:
    """Return the names of the trained weights that the file stores in int8."""
    return [name for name, values in weights.items() if _stored(model, values)]


def _stored(model: schema.ModelT, values: np.ndarray) -> dict[int, np.ndarray]:
    """Return the buffers that store a weight in int8, each with the trained values in the buffer's order."""
    arranged = {number: _arrangement(model, number, values) for number in range(len(model.buffers))}
    return {number: values for number, values in arranged.items() if values is not None}


def _arrangement(model: schema.ModelT, buffer: int, values: np.ndarray) -> np.ndarray | None:
    """Return the values in the order of a buffer that stores them in int8, transposed or not.

    The result is None if the buffer stores other values.
    """
    data = model.buffers[buffer].data
    if data is None or len(data) != values.size or values.size == 0:
        return None
    read_as = (tensor for graph in model.subgraphs for tensor in graph.tensors if tensor.buffer == buffer)
    tensor = next(read_as, None)
    if tensor is None or TYPES[tensor.type] != "int8" or tensor.quantization is None:
        return None
    if tensor.quantization.scale is None or len(tensor.quantization.scale) != 1:
        return None
    scale = float(tensor.quantization.scale[0])
    stored = scale * np.asarray(data, np.uint8).view(np.int8)
    for arranged in (values.reshape(-1), values.reshape(-1, values.shape[-1]).T.reshape(-1)):
        # The converter may have folded a constant factor into the weight. A least-squares fit finds it.
        factor = float(stored @ arranged / (arranged @ arranged or 1))
        arranged = arranged if abs(factor - 1) < FACTOR_ERROR else arranged * factor
        if np.abs(stored - arranged).max() < 0.6 * scale:
            return np.ascontiguousarray(arranged, np.float32)
    return None


def _store_float(model: schema.ModelT, buffer: int, values: np.ndarray, name: str) -> None:
    """Replace a buffer with float32 values, and adapt the tensors and operators that read it."""
    kinds = operator_names(model)
    for graph in model.subgraphs:
        kept = {number for number, tensor in enumerate(graph.tensors) if tensor.buffer == buffer}
        readers = [operator for operator in graph.operators if kept & set(operator.inputs)]
        for operator in readers:
            if kinds[operator.opcodeIndex] not in FLOAT_OK:
                raise UserError(f"{name}: {kinds[operator.opcodeIndex]} reads it in int8 only; it cannot stay float32")
        looked_up = {int(reader.outputs[0]) for reader in readers if kinds[reader.opcodeIndex] == "GATHER"}
        for number in kept | looked_up:
            graph.tensors[number].type, graph.tensors[number].quantization = schema.TensorType.FLOAT32, None
        _drop_dequantize(graph, kinds, kept | looked_up)
    model.buffers[buffer].data = np.frombuffer(values.tobytes(), np.uint8)


def _drop_dequantize(graph: schema.SubGraphT, kinds: list[str], tensors: set[int]) -> None:
    """Remove the DEQUANTIZE operators of tensors that are now float32."""
    unneeded = [
        operator
        for operator in graph.operators
        if kinds[operator.opcodeIndex] == "DEQUANTIZE" and int(operator.inputs[0]) in tensors
    ]
    graph.operators = [operator for operator in graph.operators if operator not in unneeded]
    replace_tensors(graph, {int(operator.outputs[0]): int(operator.inputs[0]) for operator in unneeded})
