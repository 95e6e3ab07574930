import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.export.tflite.flatbuffer import operator_names, parse


def content(bundles, quantization):
    return (bundles / quantization / "model.tflite").read_bytes()


@pytest.mark.parametrize("quantization", ["none", "float16", "int8"])
def test_loops_do_not_carry_embedding_tables(bundles, quantization):
    model = parse(content(bundles, quantization))
    kinds = operator_names(model)
    entering = [
        graph.tensors[tensor].shape
        for graph in model.subgraphs
        for operator in graph.operators
        if kinds[operator.opcodeIndex] == "WHILE"
        for tensor in operator.inputs
    ]
    vocabulary = read_bundle(bundles / quantization).manifest.vocabulary["target"]
    assert entering
    assert not [shape for shape in entering if vocabulary in shape]


def test_rows_are_looked_up_in_int8(bundles):
    model = parse(content(bundles, "int8"))
    kinds = operator_names(model)
    for graph in model.subgraphs:
        computed = {int(tensor) for operator in graph.operators for tensor in operator.outputs}
        read = [int(op.inputs[0]) for op in graph.operators if kinds[op.opcodeIndex] == "DEQUANTIZE"]
        assert set(read) <= computed  # what is dequantized was computed, so it is no table


def test_every_output_of_a_signature_has_its_own_tensor(bundles, transformer_bundle):
    for bundle in (bundles / "none", transformer_bundle):  # a Transformer begins with caches that are equal
        for signature in parse((bundle / "model.tflite").read_bytes()).signatureDefs:
            tensors = [output.tensorIndex for output in signature.outputs]
            assert len(set(tensors)) == len(tensors)


def test_buffers_are_aligned_as_the_schema_requires(bundles):
    packed = content(bundles, "none")
    for buffer in parse(packed).buffers:
        if buffer.data is not None and len(buffer.data) > 1000:
            assert packed.index(bytes(buffer.data)) % 16 == 0
