"""Edits of a converted file: tables inside the loops that look rows up, and int8 weights put back to float32."""

import copy
from collections.abc import Mapping, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.flatbuffer import TYPES, names

FLOAT_OK = ("FULLY_CONNECTED", "GATHER", "BATCH_MATMUL", "DEQUANTIZE")  # that read int8 weights, and float32 as well
FACTOR_ERROR = 1e-3  # of a factor that was found in rounded values


def sink_constants(model: schema.ModelT) -> None:
    """Put a constant, dequantized or not, that a loop only passes on into the loop's body.

    The converter leaves an embedding table in front of a loop, and a runtime copies what enters one.
    """
    kinds = names(model)
    for graph in model.subgraphs:
        made_by = {int(operator.outputs[0]): operator for operator in graph.operators}
        for loop in graph.operators:
            if kinds[loop.opcodeIndex] != "WHILE":
                continue
            for place in reversed(_passed_on(model, loop)):
                maker = made_by.get(int(loop.inputs[place]))
                if maker is None or kinds[maker.opcodeIndex] == "DEQUANTIZE":
                    _sink(model, graph, loop, place, maker)
        _drop_unread(graph, kinds)


def _passed_on(model: schema.ModelT, loop: schema.OperatorT) -> list[int]:
    """The places of a loop's inputs that its body gives back as they are and its condition does not read."""
    condition = model.subgraphs[loop.builtinOptions.condSubgraphIndex]
    body = model.subgraphs[loop.builtinOptions.bodySubgraphIndex]
    looked_at = _read(condition)
    return [
        place
        for place in range(len(loop.inputs))
        if body.outputs[place] == body.inputs[place] and condition.inputs[place] not in looked_at
    ]


def _sink(
    model: schema.ModelT,
    graph: schema.SubGraphT,
    loop: schema.OperatorT,
    place: int,
    dequantize: schema.OperatorT | None,
) -> None:
    """Move an input of a loop into its body, with what dequantizes it, if it is a constant."""
    constant = int(dequantize.inputs[0] if dequantize else loop.inputs[place])
    if not _is_constant(model, graph, constant):
        return
    condition = model.subgraphs[loop.builtinOptions.condSubgraphIndex]
    body = model.subgraphs[loop.builtinOptions.bodySubgraphIndex]
    passed, inside = int(body.inputs[place]), _copy_tensor(body, graph.tensors[constant])
    if dequantize:
        body.operators.insert(0, _operator_like(dequantize, [inside], [passed]))
    else:
        _read_instead(body, {passed: inside})
    for end in (loop, body, condition):
        end.inputs = _without(end.inputs, place)
    for end in (loop, body):
        end.outputs = _without(end.outputs, place)


def look_up_before_dequantizing(model: schema.ModelT) -> None:
    """Turn DEQUANTIZE of a whole int8 table, then GATHER, around: a runtime keeps four times the table otherwise.

    The values are the same either way.
    """
    kinds = names(model)
    for graph in model.subgraphs:
        tables = {
            int(operator.outputs[0]): (operator, int(operator.inputs[0]))
            for operator in graph.operators
            if kinds[operator.opcodeIndex] == "DEQUANTIZE" and _is_constant(model, graph, operator.inputs[0], ("int8",))
        }
        for gather in [operator for operator in graph.operators if kinds[operator.opcodeIndex] == "GATHER"]:
            if int(gather.inputs[0]) not in tables:
                continue
            dequantize, table = tables[int(gather.inputs[0])]
            wanted = int(gather.outputs[0])
            rows = _copy_tensor(graph, graph.tensors[wanted])
            graph.tensors[rows].type = graph.tensors[table].type
            graph.tensors[rows].quantization = graph.tensors[table].quantization
            gather.inputs, gather.outputs = [table, *gather.inputs[1:]], [rows]
            graph.operators.insert(graph.operators.index(gather) + 1, _operator_like(dequantize, [rows], [wanted]))
        _drop_unread(graph, kinds)


def separate_outputs(model: schema.ModelT) -> None:
    """Give each output of a signature a tensor of its own.

    The converter merges equal constants, such as the empty caches of a Transformer, and where two outputs are one
    tensor, `CompiledModel`, and with it a browser, offers one of them under the other's name.
    """
    for signature in model.signatureDefs:
        graph = model.subgraphs[signature.subgraphIndex]
        outputs, seen = [int(tensor) for tensor in graph.outputs], set()
        for output in signature.outputs:
            if output.tensorIndex in seen and _is_constant(model, graph, output.tensorIndex, tuple(TYPES.values())):
                own = _copy_tensor(graph, graph.tensors[output.tensorIndex])
                outputs[outputs.index(output.tensorIndex)] = own
                output.tensorIndex = own
            seen.add(output.tensorIndex)
        graph.outputs = outputs


def keep_float(model: schema.ModelT, weights: Mapping[str, np.ndarray]) -> None:
    """Put int8 weights back to the float32 values they were made of.

    Args:
        weights: Values as they were trained, by name.

    Raises:
        UserError: If one is not stored in int8, or is read by an operator that takes no float32.
    """
    for name, values in weights.items():
        if not (found := _stored(model, values)):
            raise UserError(f"{name}: the file has no such weight in int8; `seq2edge info` shows what it has")
        for buffer, arranged in found.items():
            _store_float(model, buffer, arranged, name)


def int8_weights(model: schema.ModelT, weights: Mapping[str, np.ndarray]) -> list[str]:
    """Which of the trained weights the file stores in int8."""
    return [name for name, values in weights.items() if _stored(model, values)]


def _is_constant(
    model: schema.ModelT, graph: schema.SubGraphT, tensor: int, types: Sequence[str] = ("int8", "float16", "float32")
) -> bool:
    data = model.buffers[graph.tensors[tensor].buffer].data
    return TYPES[graph.tensors[tensor].type] in types and data is not None and len(data) > 0


def _copy_tensor(graph: schema.SubGraphT, tensor: schema.TensorT) -> int:
    """The number of a new tensor in a graph that is as another one, also in its constant."""
    new = copy.copy(tensor)
    graph.tensors.append(new)
    return len(graph.tensors) - 1


def _operator_like(operator: schema.OperatorT, inputs: list[int], outputs: list[int]) -> schema.OperatorT:
    new = copy.copy(operator)
    new.inputs, new.outputs = inputs, outputs
    return new


def _read(graph: schema.SubGraphT) -> set[int]:
    """Tensors that are read in a graph, or leave it."""
    return {int(tensor) for operator in graph.operators for tensor in operator.inputs} | set(map(int, graph.outputs))


def _read_instead(graph: schema.SubGraphT, instead: Mapping[int, int]) -> None:
    for operator in graph.operators:
        operator.inputs = [instead.get(int(tensor), int(tensor)) for tensor in operator.inputs]
    graph.outputs = [instead.get(int(tensor), int(tensor)) for tensor in graph.outputs]


def _without(tensors: Sequence[int], place: int) -> list[int]:
    return [int(tensor) for number, tensor in enumerate(tensors) if number != place]


def _drop_unread(graph: schema.SubGraphT, kinds: list[str]) -> None:
    read = _read(graph)
    graph.operators = [
        operator
        for operator in graph.operators
        if kinds[operator.opcodeIndex] != "DEQUANTIZE" or int(operator.outputs[0]) in read
    ]


def _stored(model: schema.ModelT, values: np.ndarray) -> dict[int, np.ndarray]:
    """The buffers that store a weight in int8, each with the weight's values in its order."""
    arranged = {number: _arrangement(model, number, values) for number in range(len(model.buffers))}
    return {number: values for number, values in arranged.items() if values is not None}


def _arrangement(model: schema.ModelT, buffer: int, values: np.ndarray) -> np.ndarray | None:
    """The values in the order of the buffer that stores them in int8, as they are or transposed; None: not these."""
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
        # The converter folds a product with a constant into a weight; over so many values rounding does not hide it.
        factor = float(stored @ arranged / (arranged @ arranged or 1))
        arranged = arranged if abs(factor - 1) < FACTOR_ERROR else arranged * factor
        if np.abs(stored - arranged).max() < 0.6 * scale:
            return np.ascontiguousarray(arranged, np.float32)
    return None


def _store_float(model: schema.ModelT, buffer: int, values: np.ndarray, name: str) -> None:
    kinds = names(model)
    for graph in model.subgraphs:
        kept = {number for number, tensor in enumerate(graph.tensors) if tensor.buffer == buffer}
        readers = [operator for operator in graph.operators if kept & set(operator.inputs)]
        for operator in readers:
            if kinds[operator.opcodeIndex] not in FLOAT_OK:
                raise UserError(f"{name}: {kinds[operator.opcodeIndex]} reads it in int8 only; it cannot stay in float")
        looked_up = {int(reader.outputs[0]) for reader in readers if kinds[reader.opcodeIndex] == "GATHER"}
        for number in kept | looked_up:
            graph.tensors[number].type, graph.tensors[number].quantization = schema.TensorType.FLOAT32, None
        _drop_dequantize(graph, kinds, kept | looked_up)
    model.buffers[buffer].data = np.frombuffer(values.tobytes(), np.uint8)


def _drop_dequantize(graph: schema.SubGraphT, kinds: list[str], tensors: set[int]) -> None:
    """Whoever read the tensors dequantized reads them as they are."""
    unneeded = [
        operator
        for operator in graph.operators
        if kinds[operator.opcodeIndex] == "DEQUANTIZE" and int(operator.inputs[0]) in tensors
    ]
    graph.operators = [operator for operator in graph.operators if operator not in unneeded]
    _read_instead(graph, {int(operator.outputs[0]): int(operator.inputs[0]) for operator in unneeded})
