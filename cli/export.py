"""seq2edge export: convert a run to bundles, a SavedModel or ONNX files."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.terminal import write
from seq2edge.export.options import ExportOptions

if TYPE_CHECKING:
    from seq2edge.pipeline.run import Run

HELP = "export a run into verified bundles, a SavedModel or ONNX"
EXAMPLES = """\
  seq2edge export runs/mine                  # → bundles/mine-int8
  seq2edge export runs/mine --quantize none --output bundles/exact
  seq2edge export runs/mine --saved-model    # text in, text out
  seq2edge export runs/mine --onnx           # float32, for ONNX Runtime"""
BUNDLES = Path("bundles")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="folder of a trained run")
    parser.add_argument("--output", metavar="FOLDER", help="output folder (default: bundles/NAME-QUANTIZATION)")
    add_flags(parser, ExportOptions, keep_unset=True)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--suggest-float",
        action="store_true",
        help="export nothing; list int8 weights with the error each causes and the size that float32 would add",
    )
    kind.add_argument("--saved-model", action="store_true", help="write a SavedModel instead of bundles")
    kind.add_argument(
        "--onnx", action="store_true", help="write ONNX files of the encoder and the decoder step instead"
    )


def run(arguments: argparse.Namespace) -> int:
    from seq2edge.cli.keras_setup import use_tensorflow

    options = ExportOptions(**flag_values(ExportOptions, arguments))
    use_tensorflow()
    from seq2edge.pipeline.run import Run

    trained = Run.open(Path(arguments.run_folder))
    output = Path(arguments.output) if arguments.output else None
    if arguments.suggest_float:
        _suggest_float(trained)
    elif arguments.saved_model:
        _saved_model(trained, output, options.overwrite)
    elif arguments.onnx:
        _onnx(trained, output, options.overwrite)
    else:
        _bundles(trained, output, options, every="quantization" not in arguments)
    return 0


def _bundles(run: "Run", output: Path | None, options: ExportOptions, every: bool) -> None:
    """Export one bundle, or with `every` one for each quantization in the recipe."""
    import dataclasses
    import sys
    from functools import partial

    from seq2edge.device.errors import UserError
    from seq2edge.export.bundle import bundle_name, export_bundle
    from seq2edge.export.card import summary

    chosen = run.recipe.export.quantize if every else [options.quantization]
    if output and len(chosen) > 1:
        raise UserError(f"--output: the recipe names {len(chosen)} quantizations; choose one with --quantize")
    for one in [dataclasses.replace(options, quantization=quantization) for quantization in chosen]:
        path = output or BUNDLES / bundle_name(run, one)
        write(summary(export_bundle(run, path, one, partial(write, file=sys.stderr))))


def _saved_model(run: "Run", output: Path | None, overwrite: bool) -> None:
    from seq2edge.export.saved_model import export_saved_model, verify_saved_model

    path = export_saved_model(run, output or BUNDLES / f"{run.recipe.name}.saved_model", overwrite)
    write(_identical_to_keras(path, verify_saved_model(run, path)))


def _onnx(run: "Run", output: Path | None, overwrite: bool) -> None:
    from seq2edge.export.onnx_model import export_onnx
    from seq2edge.export.onnx_runtime import verify_onnx

    path = export_onnx(run, output or BUNDLES / f"{run.recipe.name}.onnx", overwrite)
    shares = verify_onnx(run, path)
    if shares is None:
        write(f"{path}: not verified, onnxruntime is not installed; pip install 'seq2edge[onnx]'")
    else:
        write(_identical_to_keras(path, shares))


def _suggest_float(run: "Run") -> None:
    from seq2edge.export.tflite.sensitivity import suggest_float, table

    write(table(suggest_float(run)))


def _identical_to_keras(path: Path, shares: dict[str, float]) -> str:
    return f"{path}: identical to Keras on test sentences: {', '.join(f'{k} {v:.2f} %' for k, v in shares.items())}"
