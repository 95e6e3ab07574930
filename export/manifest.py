"""Builds the manifest of a bundle: signatures, states, weights, operators and files of an exported run."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device import signature_names
from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.common import File, Signature, Tensor
from seq2edge.device.manifests.seq2seq import Fallback, Seq2SeqManifest, State
from seq2edge.export.options import BundleSettings
from seq2edge.export.signatures import state_names
from seq2edge.export.tflite.flatbuffer import constants, operators, parse
from seq2edge.export.weights import trained_weights, weight_entry
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.fallback_threshold import fallback_threshold
from seq2edge.pipeline.files import checksum
from seq2edge.pipeline.run import Run


def build_manifest(
    run: Run, model: Seq2Seq, content: bytes, settings: BundleSettings, folder: Path
) -> Bundle[Seq2SeqManifest]:
    """The manifest of a bundle, without its files and scores.

    Args:
        model: The run's model.
        content: The TFLite file.
        folder: The bundle's folder.
    """
    specs, file = signature_specs(content), parse(content)
    encoded = specs[signature_names.encode()]["outputs"]
    manifest = dataclasses.replace(
        run.manifest(),
        signatures=specs,
        fixed_lengths=sorted(settings.fixed_lengths),
        states=[State(name, **encoded[name], mutable=True) for name in state_names(model)],
        fallback=_fallback(run, model),
        quantization=settings.quantization,
        operators=operators(file),
        runtimes=list(settings.runtimes),
        constants=constants(file),
        weights=[weight_entry(name, values) for name, values in trained_weights(model).items()],
        kept_float=sorted(settings.keep_float),
    )
    return Bundle(folder, manifest)


def _fallback(run: Run, model: Seq2Seq) -> Fallback | None:
    """The recipe's fallback, with the threshold that suits this model."""
    wanted = run.recipe.decoding.fallback
    if wanted is None or not (threshold := fallback_threshold(run, model)):
        return None
    return Fallback(threshold, wanted.replies)


def signature_specs(content: bytes) -> dict[str, Signature]:
    """Names, shapes (-1: any length) and dtypes of a TFLite file's signatures, as the file declares them."""
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
    """Checksum and size of each file in a folder, by name."""
    return {path.name: File(sha256=checksum(path), bytes=path.stat().st_size) for path in sorted(folder.iterdir())}
