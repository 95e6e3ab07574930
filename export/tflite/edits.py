"""Edits a converted file so that it needs less memory and works in browsers' runtimes. The values stay the same."""

from collections.abc import Sequence

from ai_edge_litert import schema_py_generated as schema

from seq2edge.export.tflite.flatbuffer import operator_names
from seq2edge.export.tflite.graph import (
    ANY_TYPE,
    copy_tensor,
    is_constant,
    operator_like,
    replace_tensors,
    tensors_read,
)


def sink_constants(model: schema.ModelT) -> None:
    """Move constants that a loop only passes through, dequantized or not, into the loop's body.

    The converter leaves embedding tables outside of loops, and runtimes copy every input of a loop.
    """
    kinds = operator_names(model)
    for graph in model.subgraphs:
        made_by = {int(operator.outputs[0]): operator for operator in graph.operators}
        for loop in graph.operators:
            if kinds[loop.opcodeIndex] != "WHILE":
                continue
            for place in reversed(_passed_through(model, loop)):
                maker = made_by.get(int(loop.inputs[place]))
                if maker is None or kinds[maker.opcodeIndex] == "DEQUANTIZE":
                    _sink(model, graph, loop, place, maker)
        _drop_unread(graph, kinds)


def _passed_through(model: schema.ModelT, loop: schema.OperatorT) -> list[int]:
    """Return the indices of the loop's inputs that the body returns unchanged and the condition does not read."""
    condition = model.subgraphs[loop.builtinOptions.condSubgraphIndex]
    body = model.subgraphs[loop.builtinOptions.bodySubgraphIndex]
    read = tensors_read(condition)
    return [
        place
        for place in range(len(loop.inputs))
        if body.outputs[place] == body.inputs[place] and condition.inputs[place] not in read
    ]


def _sink(
    model: schema.ModelT,
    graph: schema.SubGraphT,
    loop: schema.OperatorT,
    place: int,
    dequantize: schema.OperatorT | None,
) -> None:
    """Move an input of a loop into its body, with its DEQUANTIZE, if it is a constant."""
    constant = int(dequantize.inputs[0] if dequantize else loop.inputs[place])
    if not is_constant(model, graph, constant):
        return
    condition = model.subgraphs[loop.builtinOptions.condSubgraphIndex]
    body = model.subgraphs[loop.builtinOptions.bodySubgraphIndex]
    passed, inside = int(body.inputs[place]), copy_tensor(body, graph.tensors[constant])
    if dequantize:
        body.operators.insert(0, operator_like(dequantize, [inside], [passed]))
    else:
        replace_tensors(body, {passed: inside})
    for end in (loop, body, condition):
        end.inputs = _without(end.inputs, place)
    for end in (loop, body):
        end.outputs = _without(end.outputs, place)


def look_up_before_dequantizing(model: schema.ModelT) -> None:
    """Gather rows of an int8 table before they are dequantized instead of after.

    The values are the same. Without this, a runtime keeps the whole table in float32, four times its size.
    """
    kinds = operator_names(model)
    for graph in model.subgraphs:
        tables = {
            int(operator.outputs[0]): (operator, int(operator.inputs[0]))
            for operator in graph.operators
            if kinds[operator.opcodeIndex] == "DEQUANTIZE" and is_constant(model, graph, operator.inputs[0], ("int8",))
        }
        for gather in [operator for operator in graph.operators if kinds[operator.opcodeIndex] == "GATHER"]:
            if int(gather.inputs[0]) not in tables:
                continue
            dequantize, table = tables[int(gather.inputs[0])]
            result = int(gather.outputs[0])
            rows = copy_tensor(graph, graph.tensors[result])
            graph.tensors[rows].type = graph.tensors[table].type
            graph.tensors[rows].quantization = graph.tensors[table].quantization
            gather.inputs, gather.outputs = [table, *gather.inputs[1:]], [rows]
            graph.operators.insert(graph.operators.index(gather) + 1, operator_like(dequantize, [rows], [result]))
        _drop_unread(graph, kinds)


def separate_outputs(model: schema.ModelT) -> None:
    """Give each output of a signature its own tensor.

    The converter merges equal constants, such as the empty caches of a Transformer. If two outputs share a tensor,
    `CompiledModel` (on which browsers' runtimes are built) returns one of them under the name of the other.
    """
    for signature in model.signatureDefs:
        graph = model.subgraphs[signature.subgraphIndex]
        outputs, seen = [int(tensor) for tensor in graph.outputs], set()
        for output in signature.outputs:
            if output.tensorIndex in seen and is_constant(model, graph, output.tensorIndex, ANY_TYPE):
                own = copy_tensor(graph, graph.tensors[output.tensorIndex])
                outputs[outputs.index(output.tensorIndex)] = own
                output.tensorIndex = own
            seen.add(output.tensorIndex)
        graph.outputs = outputs


def _without(tensors: Sequence[int], place: int) -> list[int]:
    return [int(tensor) for number, tensor in enumerate(tensors) if number != place]


def _drop_unread(graph: schema.SubGraphT, kinds: list[str]) -> None:
    """Remove the DEQUANTIZE operators whose output is no longer read."""
    read = tensors_read(graph)
    graph.operators = [
        operator
        for operator in graph.operators
        if kinds[operator.opcodeIndex] != "DEQUANTIZE" or int(operator.outputs[0]) in read
    ]
