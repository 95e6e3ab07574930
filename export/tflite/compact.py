"""Makes a converted file smaller. What it computes stays the same."""

from ai_edge_litert import schema_py_generated as schema

from seq2edge.export.tflite.graph import ANY_TYPE, is_constant

NOTHING = 0  # index of the buffer that the schema reserves for tensors without stored values


def share_buffers(model: schema.ModelT) -> None:
    """Store equal buffers once. The converter gives each computed tensor an empty buffer of its own."""
    first: dict[bytes, int] = {b"": NOTHING}
    buffers, new = [model.buffers[NOTHING]], {}
    for old, buffer in enumerate(model.buffers):
        content = b"" if buffer.data is None else bytes(buffer.data)
        if content not in first:
            first[content] = len(buffers)
            buffers.append(buffer)
        new[old] = first[content]
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    for user in [*tensors, *(model.metadata or [])]:
        user.buffer = new[user.buffer]
    model.buffers = buffers


def drop_names(model: schema.ModelT) -> None:
    """Remove the names of tensors that are neither constants nor inputs or outputs of a graph."""
    for graph in model.subgraphs:
        named = {int(tensor) for tensor in (*graph.inputs, *graph.outputs)}
        for index, tensor in enumerate(graph.tensors):
            if index not in named and not is_constant(model, graph, index, ANY_TYPE):
                tensor.name = None
