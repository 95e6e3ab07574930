"""Functions that inspect and change the tensors and operators of a parsed TFLite graph."""

import copy
from collections.abc import Mapping, Sequence

from ai_edge_litert import schema_py_generated as schema

from seq2edge.export.tflite.flatbuffer import TYPES

ANY_TYPE = tuple(TYPES.values())


def is_constant(
    model: schema.ModelT, graph: schema.SubGraphT, tensor: int, types: Sequence[str] = ("int8", "float16", "float32")
) -> bool:
    """Return whether a tensor has one of these types, and its values are in the file."""
    data = model.buffers[graph.tensors[tensor].buffer].data
    return TYPES[graph.tensors[tensor].type] in types and data is not None and len(data) > 0


def copy_tensor(graph: schema.SubGraphT, tensor: schema.TensorT) -> int:
    """Add a copy of a tensor, with the same constant if it has one, and return its number."""
    new = copy.copy(tensor)
    graph.tensors.append(new)
    return len(graph.tensors) - 1


def operator_like(operator: schema.OperatorT, inputs: list[int], outputs: list[int]) -> schema.OperatorT:
    """Return a copy of an operator with other inputs and outputs."""
    new = copy.copy(operator)
    new.inputs, new.outputs = inputs, outputs
    return new


def tensors_read(graph: schema.SubGraphT) -> set[int]:
    """Return the tensors that are inputs of an operator or outputs of the graph."""
    return {int(tensor) for operator in graph.operators for tensor in operator.inputs} | set(map(int, graph.outputs))


def replace_tensors(graph: schema.SubGraphT, new: Mapping[int, int]) -> None:
    """Make operators and outputs of the graph read other tensors. `new` maps old tensors to new ones."""
    for operator in graph.operators:
        operator.inputs = [new.get(int(tensor), int(tensor)) for tensor in operator.inputs]
    graph.outputs = [new.get(int(tensor), int(tensor)) for tensor in graph.outputs]
