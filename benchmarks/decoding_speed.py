"""Compares words per second and p95 per sentence, on one thread, of a bundle, CTranslate2 and ONNX Runtime.

    pip install 'seq2edge[onnx]' ctranslate2
    python benchmarks/decoding_speed.py runs/multi30k-en-de bundles/multi30k-en-de-int8

The sentences are those of the run's validation set. If the run is a Transformer, CTranslate2 runs the same weights as
int8, with the bundle's shortlist as its vocabulary map. Otherwise it runs a Transformer of 6 encoder and 2 decoder
layers of 256 units with random weights and the same vocabulary, and is forced to generate as many tokens as the bundle.
`--student` measures other bundles beside them, for example those that were distilled from the run. `--max-ratio` is the
decoding option of that name, for the bundles and ONNX Runtime.
ONNX Runtime runs the weights of the run, as float32 and with its own dynamic int8 quantization, in the search loops of
the device. The systems take turns, with one pass over all sentences each. Medians of the passes are compared.
"""

import argparse
import dataclasses
import functools
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2_model import is_transformer, tokens_of, write_model, write_random_model

from seq2edge.device.processors.interface import Features
from seq2edge.device.runners.load import load_runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode
from seq2edge.export.onnx_model import ENCODER, STEP, write_graphs
from seq2edge.export.onnx_runtime import OnnxModel
from seq2edge.pipeline.run import Run

BEAMS = (1, 5)
KINDS = ("float32", "int8")  # quantizations of the ONNX files
OURS = "seq2edge"
# Decodes one sentence, given its number and a beam size; returns its text if the system produces one.
System = Callable[[int, int], str | None]


def export_onnx(run: Run, folder: Path) -> None:
    """Write the encoder and decoder step of a run, as float32 and with int8 weights."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    exact, small = (folder / kind for kind in KINDS)
    for kind in (exact, small):
        kind.mkdir()
    write_graphs(run.model(), exact)
    for file in (ENCODER, STEP):
        quantize_dynamic(exact / file, small / file, weight_type=QuantType.QInt8)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--student", type=Path, nargs="+", default=[])
    parser.add_argument("--max-ratio", type=float)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--passes", type=int, default=5)
    arguments = parser.parse_args()
    run, runner = Run.open(arguments.run), _runner(arguments.bundle, arguments.max_ratio)
    pairs = list(itertools.islice(run.data.texts("valid"), arguments.sentences))
    results: dict[str, Any] = {"bundle": arguments.bundle.name, "sentences": len(pairs)}
    with tempfile.TemporaryDirectory() as name:
        sources = [pair.source for pair in pairs]
        systems = _bundle(OURS, runner, sources) | _others(run, runner, sources, Path(name))
        for path in arguments.student:
            systems |= _bundle(path.name, _runner(path, arguments.max_ratio), sources)
        for beam in BEAMS:
            measured: dict[str, list[tuple[list[str | None], list[float]]]] = {system: [] for system in systems}
            for _ in range(arguments.passes):
                for system, decode_one in systems.items():
                    measured[system].append(_pass(decode_one, len(pairs), beam))
            texts = {system: passes[0][0] for system, passes in measured.items()}
            seconds = {system: [times for _, times in passes] for system, passes in measured.items()}
            results[f"beam {beam}"] = _compared(texts, seconds, [pair.target for pair in pairs])
    print(json.dumps(results, indent=1))


def _compared(
    texts: dict[str, list[str | None]], seconds: dict[str, list[list[float]]], references: Sequence[str]
) -> dict[str, Any]:
    """Return the speed of each system, the speed of ours relative to it, and BLEU if a system produces texts."""
    from sacrebleu import corpus_bleu

    ours = statistics.median(map(sum, seconds[OURS]))
    results = {}
    for system, passes in seconds.items():
        # A system without texts generates as many tokens as ours.
        written = [text or "" for text in texts[OURS if None in texts[system] else system]]
        total = statistics.median(map(sum, passes))
        p95 = statistics.median(float(np.percentile(times, 95)) for times in passes)
        results[system] = {
            "words_per_second": round(sum(len(text.split()) for text in written) / total),
            "p95_ms": round(1000 * p95, 2),
            "seq2edge_is_faster": round(total / ours, 2),
        }
        if None not in texts[system]:
            results[system]["bleu"] = round(corpus_bleu(written, [list(references)]).score, 2)
    return results


def _runner(bundle: Path, max_ratio: float | None) -> Seq2SeqRunner:
    """Load a bundle with `max_ratio` as its default."""
    runner = load_runner(bundle)
    runner.defaults = dataclasses.replace(runner.defaults, max_ratio=max_ratio)
    return runner


def _bundle(name: str, runner: Seq2SeqRunner, texts: Sequence[str]) -> dict[str, System]:
    """Return a bundle that decodes the texts, with and without its shortlist, by name."""

    def run(index: int, beam: int, shortlist: bool) -> str:
        return runner.run(texts[index], beam=beam, shortlist=shortlist).text

    systems: dict[str, System] = {name: functools.partial(run, shortlist=True)}
    if runner.model.shortlist:
        systems[f"{name}, whole vocabulary"] = functools.partial(run, shortlist=False)
    return systems


def _others(run: Run, runner: Seq2SeqRunner, texts: Sequence[str], folder: Path) -> dict[str, System]:
    """Return the systems of others that decode the texts, by name."""
    sources = [runner.processor(text, runner.manifest.source_length) for text in texts]
    systems = _ctranslate2(run, runner, texts, sources, folder)
    export_onnx(run, folder)
    for kind in reversed(KINDS):
        model = OnnxModel(folder / kind)

        def decode_one(index: int, beam: int, model: OnnxModel = model) -> None:
            decode(model, [sources[index]], dataclasses.replace(runner.defaults, beam=beam))

        systems[f"ONNX Runtime {kind}"] = decode_one
    return systems


def _ctranslate2(
    run: Run, runner: Seq2SeqRunner, texts: Sequence[str], sources: Sequence[Features], folder: Path
) -> dict[str, System]:
    """Return CTranslate2 with the weights of the run, or a Transformer with random weights if it cannot run these."""
    import ctranslate2

    name, path = f"CTranslate2 {ctranslate2.__version__} int8", folder / "ctranslate2"
    has_weights = is_transformer(run.model().config)
    if has_weights:
        write_model(run.model(), path, runner.model.shortlist)
    else:
        write_random_model(path, run.data.vocabulary["target"])
    translator = ctranslate2.Translator(str(path), compute_type="int8", inter_threads=1, intra_threads=1)
    tokens = [tokens_of(source["source_ids"]) for source in sources]

    def translate(index: int, beam: int, use_vmap: bool) -> str:
        result = translator.translate_batch(
            [tokens[index]], beam_size=beam, length_penalty=runner.defaults.length_penalty, use_vmap=use_vmap,
            max_decoding_length=runner.manifest.target_length,
        )[0]  # fmt: skip
        return runner.tokenizer.decode([int(token) for token in result.hypotheses[0] if token.isdecimal()])

    if has_weights:
        systems: dict[str, System] = {name: lambda index, beam: translate(index, beam, False)}
        if runner.model.shortlist:
            systems[f"{name}, shortlist"] = lambda index, beam: translate(index, beam, True)
        return systems
    results = {beam: [runner.run(text, beam=beam) for text in texts] for beam in BEAMS}
    lengths = {
        beam: [sum(len(part.target_tokens) + 1 for part in result.parts) for result in some]
        for beam, some in results.items()
    }

    def write_as_much(index: int, beam: int) -> None:
        length = lengths[beam][index]
        translator.translate_batch(
            [tokens[index]], beam_size=beam, min_decoding_length=length, max_decoding_length=length
        )

    return {f"{name}, random weights": write_as_much}


def _pass(decode_one: System, sentences: int, beam: int) -> tuple[list[str | None], list[float]]:
    """Return the text that a system produces for each sentence, and the seconds that it takes."""
    texts, seconds = [], []
    for index in range(sentences):
        started = time.perf_counter()
        texts.append(decode_one(index, beam))
        seconds.append(time.perf_counter() - started)
    return texts, seconds


if __name__ == "__main__":
    main()
