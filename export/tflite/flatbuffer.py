"""Parses a TFLite file to an object tree, describes it, and packs it."""

from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from seq2edge.device.manifests.common import Operator

IDENTIFIER = b"TFL3"
ALIGNMENT = 16  # alignment of a buffer's data in bytes, which the schema requires
OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
TYPES = {value: name.lower() for name, value in vars(schema.TensorType).items() if not name.startswith("_")}


class _Buffer(schema.BufferT):
    """A buffer that is packed with alignment, which the generated code lacks."""

    def Pack(self, builder: Any) -> int:  # noqa: N802
        if self.data is None or not len(self.data):
            return super().Pack(builder)
        content = bytes(self.data)
        builder.StartVector(1, len(content), ALIGNMENT)
        builder.head -= len(content)
        builder.Bytes[builder.head : builder.head + len(content)] = content
        data = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)


def parse(content: bytes) -> schema.ModelT:
    """Parse a TFLite file to an object tree."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def pack(model: schema.ModelT) -> bytes:
    """Pack an object tree to a TFLite file."""
    for buffer in model.buffers:
        buffer.__class__ = _Buffer
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def operator_names(model: schema.ModelT) -> list[str]:
    """Return the names of the operators, indexed by `opcodeIndex`."""
    return [
        code.customCode.decode() if code.customCode else OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        for code in model.operatorCodes
    ]


def operators(model: schema.ModelT) -> list[Operator]:
    """Return the names and versions of the operators in a TFLite file."""
    found = dict(zip(operator_names(model), (int(code.version) for code in model.operatorCodes), strict=True))
    return [{"name": name, "version": version} for name, version in sorted(found.items())]


def constants(model: schema.ModelT) -> dict[str, int]:
    """Return the size in bytes of the constants in a TFLite file, by type. Each buffer counts once."""
    type_of = {tensor.buffer: TYPES[tensor.type] for graph in model.subgraphs for tensor in graph.tensors}
    sizes: dict[str, int] = {}
    for number, buffer in enumerate(model.buffers):
        if number in type_of and buffer.data is not None and len(buffer.data):
            sizes[type_of[number]] = sizes.get(type_of[number], 0) + len(buffer.data)
    return sizes
