"""Words a second and p95 of a sentence on one thread: a bundle, beside CTranslate2 and ONNX Runtime in the same run.

    pip install 'seq2edge[onnx]' ctranslate2
    python benchmarks/decoding_speed.py runs/multi30k-en-de bundles/multi30k-en-de-int8

The sentences are those of the run's validation set. CTranslate2 runs an int8 Transformer of 6 encoder and 2 decoder
layers of 256 units over the same vocabulary; its weights are random, so it is made to write as many tokens as the
bundle did. ONNX Runtime runs the weights of the run, as float32 and as its own dynamic int8, behind the search loops of
the device. The systems take turns, a pass over all sentences each; medians of the passes are compared.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.export.onnx_model import ENCODER, STEP, write_graphs
from seq2edge.export.onnx_runtime import OnnxModel
from seq2edge.pipeline.run import Run

BEAMS = (1, 5)
KINDS = ("float32", "int8")  # of ONNX
LAYERS, UNITS, FEED_FORWARD, HEADS = (6, 2), 256, 1024, 4  # of CTranslate2's Transformer
System = Callable[[int, int], object]  # decodes one sentence, given by its number, with a beam


def export_onnx(run: Run, folder: Path) -> None:
    """Write encoder and decoder step of a run, as float32 and with int8 weights."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    exact, small = (folder / kind for kind in KINDS)
    for kind in (exact, small):
        kind.mkdir()
    write_graphs(run.model(), exact)
    for file in (ENCODER, STEP):
        quantize_dynamic(exact / file, small / file, weight_type=QuantType.QInt8)


def write_transformer(folder: Path, vocabulary: int) -> None:
    """A CTranslate2 model with random weights (pre-norm, as Marian's and OpenNMT's are used on CPUs)."""
    from ctranslate2.specs import TransformerSpec

    random = np.random.default_rng(0)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight = random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        layer.bias = np.zeros(outputs, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(UNITS, np.float32), np.zeros(UNITS, np.float32)

    def block(layer: Any) -> None:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * UNITS, UNITS)
        linear(layer.self_attention.linear[1], UNITS, UNITS)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, FEED_FORWARD, UNITS)
        linear(layer.ffn.linear_1, UNITS, FEED_FORWARD)

    spec = TransformerSpec.from_config(LAYERS, HEADS)
    for half, embeddings in (
        (spec.encoder, spec.encoder.embeddings[0]),
        (spec.decoder, spec.decoder.embeddings),
    ):
        embeddings.weight = random.normal(0, UNITS**-0.5, (vocabulary, UNITS)).astype(np.float32)
        half.scale_embeddings = True
        norm(half.layer_norm)
        for layer in half.layer:
            block(layer)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], UNITS, UNITS)
        linear(layer.attention.linear[1], 2 * UNITS, UNITS)
        linear(layer.attention.linear[2], UNITS, UNITS)
    linear(spec.decoder.projection, vocabulary, UNITS)
    tokens = ["<blank>", "<unk>", "<s>", "</s>", *map(str, range(4, vocabulary))]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir()
    spec.save(str(folder))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--passes", type=int, default=5)
    arguments = parser.parse_args()
    run, runner = Run.open(arguments.run), load_runner(arguments.bundle)
    texts = [pair.source for pair in run.data.texts("valid")][: arguments.sentences]
    sources = [runner.processor(text, runner.manifest.source_length) for text in texts]
    told = {beam: [runner.run(text, beam=beam) for text in texts] for beam in BEAMS}
    tokens = {beam: [len(result.parts[0].target_tokens) + 1 for result in told[beam]] for beam in BEAMS}
    words = {beam: sum(len(result.text.split()) for result in told[beam]) for beam in BEAMS}
    with tempfile.TemporaryDirectory() as name:
        systems = _systems(run, runner, texts, sources, tokens, Path(name))
        times: dict[tuple[str, int], list[list[float]]] = {}
        for _ in range(arguments.passes):
            for beam in BEAMS:
                for system, decode_one in systems.items():
                    times.setdefault((system, beam), []).append(_pass(decode_one, len(texts), beam))
    results: dict[str, Any] = {"bundle": arguments.bundle.name, "score": runner.manifest.scores.get("bundle")}
    for beam in BEAMS:
        ours = statistics.median(map(sum, times["seq2edge", beam]))
        for system in systems:
            seconds = statistics.median(map(sum, times[system, beam]))
            p95 = statistics.median(float(np.percentile(one, 95)) for one in times[system, beam])
            results[f"{system}, beam {beam}"] = {
                "words_per_second": round(words[beam] / seconds),
                "p95_ms": round(1000 * p95, 2),
                "seq2edge_is_faster": round(seconds / ours, 2),
            }
    print(json.dumps(results, indent=1))


def _systems(
    run: Run,
    runner: Seq2SeqRunner,
    texts: Sequence[str],
    sources: Sequence[Features],
    tokens: dict[int, list[int]],
    folder: Path,
) -> dict[str, System]:
    import ctranslate2

    write_transformer(folder / "ctranslate2", run.data.vocabulary["target"])
    translator = ctranslate2.Translator(
        str(folder / "ctranslate2"), compute_type="int8", inter_threads=1, intra_threads=1
    )
    tokens = [[*map(str, source["source_ids"][:-1]), "</s>"] for source in sources]

    def ctranslate(index: int, beam: int) -> None:
        length = tokens[beam][index]
        translator.translate_batch(
            [tokens[index]], beam_size=beam, min_decoding_length=length, max_decoding_length=length
        )

    systems: dict[str, System] = {"seq2edge": lambda index, beam: runner.run(texts[index], beam=beam)}
    if runner.model.shortlist:
        systems["seq2edge, whole vocabulary"] = lambda index, beam: runner.run(texts[index], beam=beam, shortlist=False)
    systems[f"CTranslate2 {ctranslate2.__version__} int8"] = ctranslate
    export_onnx(run, folder)
    decoding = runner.manifest.decoding
    for kind in reversed(KINDS):
        model = OnnxModel(folder / kind)
        systems[f"ONNX Runtime {kind}"] = lambda index, beam, model=model: decode(
            model, [sources[index]], DecodingOptions(**{**decoding, "beam": beam})
        )
    return systems


def _pass(decode_one: System, sentences: int, beam: int) -> list[float]:
    seconds = []
    for index in range(sentences):
        started = time.perf_counter()
        decode_one(index, beam)
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
