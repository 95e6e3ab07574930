"""seq2edge export: a run → bundles and a SavedModel."""

import argparse

HELP = "export a run into verified bundles, and a SavedModel beside them"
EXAMPLES = """\
  seq2edge export runs/quickstart                       as the recipe says, into bundles/quickstart-int8 …
  seq2edge export runs/quickstart --quantize none --output bundles/mine
  seq2edge export runs/quickstart --saved-model         bundles/quickstart.saved_model: text in, text out
  seq2edge export runs/quickstart --onnx                bundles/quickstart.onnx: float32, for ONNX Runtime"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from typing import get_args

    from seq2edge.device.manifest import Quantization, Runtime

    parser.add_argument("run_folder", metavar="RUN", help="a trained run's folder")
    parser.add_argument("--output", metavar="BUNDLE", help="folder of the bundle (default: bundles/NAME-QUANTIZATION)")
    parser.add_argument("--quantize", choices=get_args(Quantization), help="default: all that the recipe names")
    parser.add_argument(
        "--runtime",
        nargs="+",
        choices=get_args(Runtime),
        help="what shall be able to run it; a file it cannot run is refused (default: all that the recipe names)",
    )
    parser.add_argument(
        "--shortlist",
        type=int,
        metavar="N",
        help="look only at tokens likely for the source, N for each of its own (default: as the recipe says)",
    )
    parser.add_argument(
        "--max-score-loss",
        type=float,
        metavar="POINTS",
        help="fail where it loses more BLEU (chat: %% exact match) against Keras over the whole test set",
    )
    parser.add_argument(
        "--keep-float", nargs="+", default=(), metavar="WEIGHT", help="weights that stay in float32 in an int8 file"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--suggest-float",
        action="store_true",
        help="export nothing; say of each weight what int8 costs there, and what float32 would add to the size",
    )
    instead.add_argument("--saved-model", action="store_true", help="write the SavedModel instead")
    instead.add_argument("--onnx", action="store_true", help="write encoder and decoder step for ONNX Runtime instead")
    parser.add_argument("--overwrite", action="store_true", help="replace what stands there")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from functools import partial
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.device.errors import UserError

    quiet_tensorflow()
    from seq2edge.export.bundle import export_bundle, export_saved_model, graph_beam
    from seq2edge.export.verify import verify_saved_model
    from seq2edge.pipeline.run import Run

    trained = Run.open(Path(arguments.run_folder))
    name, bundles = trained.recipe.name, Path("bundles")
    if arguments.suggest_float:
        from seq2edge.export.sensitivity import suggest_float, table

        print(table(suggest_float(trained)))
        return 0
    if arguments.saved_model:
        path = Path(arguments.output or bundles / f"{name}.saved_model")
        export_saved_model(trained, path, arguments.overwrite)
        print(_as_in_keras(path, verify_saved_model(trained, path, graph_beam(trained))))
        return 0
    if arguments.onnx:
        from seq2edge.export.onnx_model import export_onnx, verify_onnx

        path = Path(arguments.output or bundles / f"{name}.onnx")
        export_onnx(trained, path, arguments.overwrite)
        shares = verify_onnx(trained, path, graph_beam(trained))
        if shares is None:
            print(f"{path}: not verified, onnxruntime is not installed; pip install 'seq2edge[onnx]'")
        else:
            print(_as_in_keras(path, shares))
        return 0
    chosen = [arguments.quantize] if arguments.quantize else list(trained.recipe.export.quantize)
    if arguments.output and len(chosen) > 1:
        raise UserError(f"--output: the recipe names {len(chosen)} quantizations; choose one with --quantize")
    tell = partial(print, file=sys.stderr)
    for quantization in chosen:
        label = "float32" if quantization == "none" else quantization
        path = Path(arguments.output or bundles / f"{name}-{label}")
        bundle = export_bundle(
            trained,
            path,
            quantization,
            arguments.overwrite,
            tell,
            arguments.shortlist,
            arguments.runtime or (),
            arguments.max_score_loss,
            arguments.keep_float,
        )
        size, scores = bundle.files["model.tflite"]["bytes"] / 1e6, bundle.scores
        print(
            f"{path}: {size:.2f} MB, exact match {scores['bundle']['exact_match']} %, BLEU {scores['bundle']['bleu']} "
            f"(Keras {scores['keras']['exact_match']} %, {scores['keras']['bleu']}), "
            f"{scores['agreement_with_keras']['identical']} % identical outputs"
        )
    return 0


def _as_in_keras(path: object, shares: dict[str, float]) -> str:
    return f"{path}: of test sentences as in Keras: {', '.join(f'{k} {v:.2f} %' for k, v in shares.items())}"
