"""Exports a trained run to a verified bundle: model file, manifest, card and test vectors."""

import dataclasses
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seq2edge.device.bundle import FILE, MODEL, Bundle
from seq2edge.device.vectors.check import FILE as VECTORS
from seq2edge.device.vectors.check import record_vectors
from seq2edge.export.backend import require_tensorflow
from seq2edge.export.card import card
from seq2edge.export.families.registry import family_of
from seq2edge.export.manifest import build_manifest, files_of, signature_specs
from seq2edge.export.options import BundleSettings, ExportOptions
from seq2edge.export.tflite.convert import convert
from seq2edge.export.tflite.flatbuffer import operators, parse
from seq2edge.export.tflite.runtimes import check_operators
from seq2edge.export.verify import verify_bundle
from seq2edge.export.weights import weights_named
from seq2edge.pipeline.files import refuse_existing, whole_folder, write_bytes, write_text
from seq2edge.pipeline.run import Run

VECTOR_TEXTS = (  # written for this project, so that a bundle contains no text of the user's
    "안녕하세요",
    "오늘 날씨가 참 좋네요.",
    "이 길로 곧장 가면 역이 나와요.",
    "Hello there",
    "A man is walking down the street.",
    "Please tell me how this works.",
)


def export_bundle(
    run: Run, output: Path, options: ExportOptions = ExportOptions(), tell: Callable[[str], None] = print
) -> Bundle[Any]:
    """Export a run into a bundle folder and verify it.

    Args:
        run: The run.
        output: Folder of the bundle.
        options: Options of the export. Those that are None have the values of the run's recipe.
        tell: Called with each line of progress.

    Raises:
        UserError: If Keras does not use TensorFlow, the run's family does not have an option, the folder exists, a
            weight to keep in float32 does not exist, an operator is not built into TFLite or not supported by a target
            runtime, a float32 file's outputs differ from Keras', or too much of the score is lost. In these cases
            nothing is written, and an existing bundle is not changed.
    """
    require_tensorflow()
    settings = options.resolve(run.recipe)
    refuse_existing(output, options.overwrite, FILE)
    model = run.model()
    content = _convert(run, model, settings, tell)
    with whole_folder(output) as new:
        write_bytes(new / MODEL, content)
        for tokenizer in set(run.data.tokenizers):
            write_bytes(new / tokenizer.name, tokenizer.read_bytes())
        family_of(run.recipe.task).write_files(run, settings, new)
        bundle = build_manifest(run, model, content, settings, new)
        vectors = record_vectors(bundle, VECTOR_TEXTS)
        write_text(new / VECTORS, json.dumps(vectors, ensure_ascii=False, indent=1) + "\n")
        tell("verifying on test sentences")
        bundle = bundle.with_manifest(files=files_of(new))
        bundle = bundle.with_manifest(**family_of(run.recipe.task).measured_fields(run, bundle))
        bundle = verify_bundle(run, model, bundle, settings.max_score_loss)
        write_text(new / FILE, bundle.manifest.to_json())
        write_text(new / "README.md", card(bundle))
    return dataclasses.replace(bundle, path=output)


def bundle_name(run: Run, options: ExportOptions) -> str:
    """Return the default name of a bundle's folder, such as "quickstart-int8" or "quickstart-float32"."""
    return f"{run.recipe.name}-{'float32' if options.quantization == 'none' else options.quantization}"


def _convert(run: Run, model: Any, settings: BundleSettings, tell: Callable[[str], None]) -> bytes:
    """Convert the model to TFLite, and check that every target runtime supports its operators."""
    kept = weights_named(model, settings.keep_float)
    signatures = family_of(run.recipe.task).signatures(run, model, settings)
    tell(f"converting to TFLite ({settings.quantization})")
    with tempfile.TemporaryDirectory() as folder:
        signatures.save(Path(folder) / "saved_model")
        content = convert(Path(folder) / "saved_model", settings.quantization, kept)
    if set(found := signature_specs(content)) != set(signatures.functions):
        raise RuntimeError(f"the converter wrote the signatures {', '.join(found)}")
    check_operators(operators(parse(content)), settings.section.runtimes)
    return content
