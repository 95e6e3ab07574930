"""Builds the manifest of a bundle, with the signatures, weights, operators and files of an exported run."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.common import File, Signature, Tensor
from seq2edge.export.families.registry import family_of
from seq2edge.export.options import BundleSettings
from seq2edge.export.tflite.flatbuffer import constants, operators, parse
from seq2edge.export.weights import trained_weights, weight_entry
from seq2edge.pipeline.files import checksum
from seq2edge.pipeline.run import Run


def build_manifest(run: Run, model: Any, content: bytes, settings: BundleSettings, folder: Path) -> Bundle[Any]:
    """Return the bundle in a folder, with a manifest that lists its files and has no scores yet.

    Args:
        run: The run.
        model: The model of the run.
        content: Bytes of the TFLite file.
        settings: Settings of the bundle.
        folder: Folder of the bundle.
    """
    signatures, file = signature_specs(content), parse(content)
    manifest = dataclasses.replace(
        run.manifest(),
        signatures=signatures,
        fixed_lengths=sorted(settings.fixed_lengths),
        quantization=settings.quantization,
        operators=operators(file),
        runtimes=list(settings.section.runtimes),
        constants=constants(file),
        weights=[weight_entry(name, values) for name, values in trained_weights(model).items()],
        kept_float=sorted(settings.keep_float),
        files=files_of(folder),
        **family_of(run.recipe.task).manifest_fields(run, model, signatures),
    )
    return Bundle(folder, manifest)


def signature_specs(content: bytes) -> dict[str, Signature]:
    """Return the names, shapes (-1: dynamic) and dtypes of a TFLite file's signatures, as the file declares them."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    runners = {name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()}
    return {
        name: {"inputs": _tensors(runner.get_input_details()), "outputs": _tensors(runner.get_output_details())}
        for name, runner in runners.items()
    }


def _tensors(details: dict[str, Any]) -> dict[str, Tensor]:
    return {
        name: {
            "shape": [int(size) for size in tensor["shape_signature"]],
            "dtype": np.dtype(tensor["dtype"]).name,
        }
        for name, tensor in sorted(details.items())
    }


def files_of(folder: Path) -> dict[str, File]:
    """Return the checksum and size of each file in a folder, by name."""
    return {path.name: File(sha256=checksum(path), bytes=path.stat().st_size) for path in sorted(folder.iterdir())}
