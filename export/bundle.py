"""A trained run → a bundle: files, manifest, card and test vectors, whole or not at all."""

import dataclasses
import difflib
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import FILE, MODEL, Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.manifest import Fallback, File, Runtime, State, Weight
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.shortlist import FILE as SHORTLIST
from seq2edge.device.text import TextCodec, tokenizer_paths
from seq2edge.device.vectors import forced_target
from seq2edge.export.beam import GraphBeam
from seq2edge.export.card import card
from seq2edge.export.signatures import Signatures
from seq2edge.export.text_model import TextModel
from seq2edge.export.tflite.convert import convert
from seq2edge.export.tflite.flatbuffer import constants, operators, parse
from seq2edge.export.tflite.runtimes import check_operators, fixed_lengths
from seq2edge.export.verify import verify_bundle
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.fallback_threshold import fallback_threshold
from seq2edge.pipeline.files import refuse_existing, whole_folder, write_bytes, write_text
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.lexicon import learn_shortlist

VECTOR_TEXTS = {  # ours, so that no text of the user's travels in a bundle
    "Hangul": ["안녕하세요", "오늘 날씨가 참 좋네요.", "이 길로 곧장 가면 역이 나와요."],
    "Latin": ["Hello there", "A man is walking down the street.", "Please tell me how this works."],
}
VECTOR_STEPS, VECTOR_LOGITS = 3, 8
BINS = 16  # of a weight's histogram
SAVED_MODEL_BEAM = 5  # of a recipe whose search is greedy


def export_bundle(
    run: Run,
    output: Path,
    quantization: str = "int8",
    overwrite: bool = False,
    tell: Callable[[str], None] = print,
    shortlist: int | None = None,
    runtimes: Sequence[Runtime] = (),
    max_score_loss: float | None = None,
    keep_float: Sequence[str] = (),
) -> Bundle:
    """Export a run into a bundle folder and verify it.

    Args:
        output: The bundle's folder.
        quantization: "none", "float16" or "int8".
        tell: Takes a line of progress.
        shortlist: Likely target tokens of each source token, 0 for no shortlist; None: as the recipe says.
        runtimes: Those that shall be able to run it; none: as the recipe says.
        max_score_loss: As for `verify_bundle`.
        keep_float: Names of weights that stay in float32, for int8.

    Raises:
        UserError: If the folder exists, an operator is not built into TFLite or not in a runtime, answers differ, or
            too much of the score is lost.
    """
    refuse_existing(output, overwrite)
    model = run.model()
    kept = weights_named(model, keep_float) if keep_float else {}
    if kept and quantization != "int8":
        raise UserError(f"weights can be kept in float in an int8 file. Received: quantization {quantization}")
    shortlist = run.recipe.export.shortlist if shortlist is None else shortlist
    runtimes = runtimes or run.recipe.export.runtimes
    with tempfile.TemporaryDirectory() as folder:
        saved_model = Path(folder) / "saved_model"
        lengths = fixed_lengths(run.recipe.export.fixed_lengths, runtimes, run.recipe.model.source_length)
        signatures = Signatures(
            model, run.recipe.export.beam_sizes, run.recipe.model.target_length, shortlist > 0, lengths
        )
        signatures.save(saved_model)
        tell(f"converting to TFLite ({quantization})")
        content = convert(saved_model, quantization, kept)
    with whole_folder(output) as new:
        write_bytes(new / MODEL, content)
        source, target = run.data.tokenizers
        for tokenizer in {source, target}:
            write_bytes(new / tokenizer.name, tokenizer.read_bytes())
        if shortlist:
            write_bytes(new / SHORTLIST, _shortlist(run, shortlist))
        bundle = _manifest(run, model, signatures, content, quantization, runtimes, new)
        bundle = dataclasses.replace(bundle, kept_float=sorted(kept))
        write_text(new / "vectors.json", json.dumps(_vectors(bundle), ensure_ascii=False, indent=1) + "\n")
        bundle = dataclasses.replace(bundle, files=files_of(new))
        tell("verifying on test sentences")
        bundle = verify_bundle(run, model, bundle, max_score_loss)
        write_text(new / FILE, bundle.to_json())
        write_text(new / "README.md", card(bundle))
    return dataclasses.replace(bundle, path=output)


def weights_named(model: Seq2Seq, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Values of trained weights by name.

    Raises:
        UserError: If there is none of a name.
    """
    values = {weight.path: np.asarray(weight) for weight in model.training.weights}
    for name in names:
        if name not in values:
            near = difflib.get_close_matches(name, values, n=3, cutoff=0)
            raise UserError(f"{name}: there is no such weight; nearest are {', '.join(near)}")
    return {name: values[name] for name in names}


def export_saved_model(run: Run, output: Path, overwrite: bool = False) -> Path:
    """Write the SavedModel (the signatures, and text → text as `serving_default`) whole."""
    refuse_existing(output, overwrite)
    source, target = run.data.tokenizers
    recipe = run.recipe
    with whole_folder(output) as new:
        TextModel(
            run.model(),
            recipe.export.beam_sizes,
            graph_beam(run),
            source.read_bytes(),
            target.read_bytes(),
            recipe.data.normalisation,
            recipe.model.source_length,
        ).save(new)
    return output


def graph_beam(run: Run) -> GraphBeam:
    """The beam search of a run's SavedModel: the recipe's, or one of five beside a greedy recipe."""
    decoding = run.recipe.decoding
    beam = decoding.beam if decoding.beam > 1 else SAVED_MODEL_BEAM
    return GraphBeam(beam, decoding.length_penalty, run.recipe.model.target_length)


def _shortlist(run: Run, tokens: int) -> bytes:
    data = run.data
    return learn_shortlist(data.train, data.source_vocabulary, data.target_vocabulary, tokens).to_bytes()


def _weight(weight: Any) -> Weight:
    values = np.asarray(weight)
    counts, edges = np.histogram(values, BINS)
    return {
        "name": weight.path,
        "shape": list(values.shape),
        "smallest": float(edges[0]),
        "largest": float(edges[-1]),
        "histogram": counts.tolist(),
    }


def _manifest(
    run: Run,
    model: Seq2Seq,
    signatures: Signatures,
    content: bytes,
    quantization: str,
    runtimes: Sequence[Runtime],
    folder: Path,
) -> Bundle:
    recipe = run.recipe
    specs = signature_specs(content)
    if set(specs) != set(signatures.functions):
        raise UserError(f"{folder / MODEL}: has the signatures {', '.join(specs)}")
    file = parse(content)
    check_operators(found := operators(file), runtimes)
    threshold = fallback_threshold(run, model) if recipe.decoding.fallback else None
    manifest = dataclasses.replace(
        run.manifest(),
        signatures=specs,
        states=[State(name, **specs["encode"]["outputs"][name], mutable=True) for name in signatures.state_names],
        fallback=Fallback(threshold, recipe.decoding.fallback.replies)
        if recipe.decoding.fallback and threshold
        else None,
        quantization=quantization,
        operators=found,
        runtimes=list(runtimes),
        constants=constants(file),
        weights=[_weight(weight) for weight in model.training.weights],
    )
    return Bundle.at(folder, manifest)


def signature_specs(content: bytes) -> dict[str, Any]:
    """Names, shapes (-1: open) and dtypes, as the file itself says."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    specs = {}
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        specs[name] = {
            side: {
                tensor: {
                    "shape": [int(size) for size in details["shape_signature"]],
                    "dtype": np.dtype(details["dtype"]).name,
                }
                for tensor, details in sorted(tensors.items())
            }
            for side, tensors in (("inputs", runner.get_input_details()), ("outputs", runner.get_output_details()))
        }
    return specs


def files_of(folder: Path) -> dict[str, File]:
    """Checksum and size of each file in a folder, by name."""
    return {
        path.name: File(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
    }


def _vectors(bundle: Bundle) -> dict[str, Any]:
    """What a port of the runner has to reproduce: text, ids, and the first logits of the first steps."""
    codec = TextCodec(*tokenizer_paths(bundle.path), bundle.normalisation)
    model = TFLiteModel(bundle)
    options = DecodingOptions(max_length=bundle.target_length, shortlist=False)
    vectors = []
    for text in (text for texts in VECTOR_TEXTS.values() for text in texts):
        ids = codec.encode_source(text, bundle.source_length)
        best = decode(model, [ids], options)[0][0]
        steps = forced_steps(model, [ids], [forced_target(best.ids, VECTOR_STEPS)])
        logits = [[round(float(value), 5) for value in step.logits[0, :VECTOR_LOGITS]] for step in steps]
        vectors.append(
            {
                "text": text,
                "source_ids": ids.tolist(),
                "target_ids": list(best.ids),
                "target": codec.decode_target(best.ids),
                "logits": logits,
            }
        )
    return {"runtime": model.runtime, "vectors": vectors}
