from seq2edge.export.tflite.flatbuffer import parse


def models(bundles):
    return [parse((bundles / kind / "model.tflite").read_bytes()) for kind in ("none", "float16", "int8")]


def test_no_two_buffers_are_equal(bundles):
    for model in models(bundles):
        stored = [bytes(buffer.data) for buffer in model.buffers[1:]]
        assert all(stored)  # only the first buffer is empty
        assert len(set(stored)) == len(stored)


def test_weights_keep_their_names_and_intermediate_results_have_none(bundles):
    for model in models(bundles):
        graph = model.subgraphs[model.signatureDefs[0].subgraphIndex]
        computed = {int(tensor) for operator in graph.operators for tensor in operator.outputs}
        inner = computed - {int(tensor) for tensor in graph.outputs}
        assert inner
        assert not [graph.tensors[tensor].name for tensor in inner if graph.tensors[tensor].name]
        stored = [tensor for tensor in graph.tensors if model.buffers[tensor.buffer].data is not None]
        assert all(tensor.name for tensor in stored)
