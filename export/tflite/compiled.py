"""LiteRT's `CompiledModel` with the interface of `Interpreter`. The runtimes in browsers are built on it."""

from typing import Any

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel


class CompiledInterpreter:
    """A model file in `CompiledModel`, which can only run signatures with static shapes.

    It makes it possible to check a file for the web without a browser: `CompiledModel` in Python silently returns wrong
    values for the same files as LiteRT.js.
    """

    def __init__(self, model_path: str, num_threads: int = 1):
        del num_threads  # only part of the interface; speed does not matter here
        self.model = CompiledModel.from_file(model_path)

    def get_signature_list(self) -> dict[str, Any]:
        return dict(self.model.get_signature_list())

    def get_signature_runner(self, signature: str) -> "CompiledSignature":
        return CompiledSignature(self.model, signature)


class CompiledSignature:
    """One signature. It is called with arrays by name."""

    def __init__(self, model: CompiledModel, name: str):
        self.model, self.name = model, name
        tensors = model.get_signature_list()[name]
        self.inputs = {tensor: model.create_input_buffer_by_name(name, tensor) for tensor in tensors["inputs"]}
        self.outputs = {tensor: model.create_output_buffer_by_name(name, tensor) for tensor in tensors["outputs"]}
        self.details = model.get_output_tensor_details(name)

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        for name, buffer in self.inputs.items():
            buffer.write(np.ascontiguousarray(inputs[name]))
        self.model.run_by_name(self.name, self.inputs, self.outputs)
        outputs = {}
        for name, buffer in self.outputs.items():
            shape, dtype = self.details[name]["shape"], np.dtype(self.details[name]["dtype"])
            outputs[name] = np.asarray(buffer.read(int(np.prod(shape)), dtype)).reshape(shape)
        return outputs
