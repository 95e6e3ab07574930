"""Measures the search's share of the time per token, with beam 5 and a vocabulary of 8,000.

    python benchmarks/search_share.py

The model is an LSTM of 320 units with random weights, int8, with one thread and 16 tokens per sentence. There are three
ways to decode: numpy finds the most likely tokens among all logits; the model file finds them; the model file computes
only a shortlist of 320 tokens.
"""

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import MODEL, Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest, State
from seq2edge.device.processors.interface import Features
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases
from seq2edge.device.shortlist import Shortlist
from seq2edge.device.special_ids import EOS
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
from seq2edge.export.manifest import signature_specs
from seq2edge.export.tflite.convert import convert
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.seq2seq import build_seq2seq

WORDS, BEAM, TOKENS, SENTENCES, PASSES = 8_000, 5, 16, 40, 5


class Timed(TFLiteModel):
    """Measures the seconds in calls of the model file."""

    seconds = 0.0

    def _run(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        started = time.perf_counter()
        outputs = super()._run(signature, **inputs)
        self.seconds += time.perf_counter() - started
        return outputs


def write_model(folder: Path) -> Bundle[Seq2SeqManifest]:
    """Write a bundle without a tokenizer, which is enough for an interpreter."""
    model = build_seq2seq(
        Seq2SeqConfig(WORDS, WORDS, embedding=256, units=320, decoder=RecurrentDecoderConfig(attention="dot"))
    )
    signatures = Seq2SeqSignatures(model, [1, BEAM], TOKENS, shortlist=True)
    signatures.save(folder / "saved_model")
    content = convert(folder / "saved_model", "int8")
    (folder / MODEL).write_bytes(content)
    specs = signature_specs(content)
    values: dict[str, Any] = {field.name: None for field in dataclasses.fields(Seq2SeqManifest)}
    values |= {"signatures": specs, "beam_sizes": [1, BEAM], "target_length": TOKENS, "files": {}, "fixed_lengths": []}
    values |= {"states": [State(name, "float32", [], True) for name in signatures.state_names], "length_bucket": 8}
    return Bundle(folder, Seq2SeqManifest(**values))


def measure(
    model: Timed, sources: Sequence[Features], options: DecodingOptions, phrases: Phrases = NO_PHRASES
) -> dict[str, float]:
    """Return the milliseconds per token of the whole search, medians of passes, and the share outside the file."""
    whole, in_file = [], []
    for _ in range(PASSES):
        model.seconds = 0.0
        started = time.perf_counter()
        for source in sources:
            decode(model, [source], options, phrases)
        whole.append(time.perf_counter() - started)
        in_file.append(model.seconds)
    tokens = len(sources) * TOKENS
    return {
        "ms_a_token": round(1000 * statistics.median(whole) / tokens, 3),
        "numpy_share_percent": round(100 * statistics.median(1 - f / w for f, w in zip(in_file, whole, strict=True))),
    }


def main() -> None:
    random = np.random.default_rng(0)
    sources = [
        {"source_ids": np.append(random.integers(EOS + 1, WORDS, 14, np.int32), np.int32(EOS))}
        for _ in range(SENTENCES)
    ]
    with tempfile.TemporaryDirectory() as folder:
        model = Timed(write_model(Path(folder)))
        plain = DecodingOptions(beam=BEAM, max_length=TOKENS)
        # Any banned phrase, even one that never occurs, makes the search use all logits.
        everything = Phrases(banned=((EOS + 1,) * TOKENS,))
        results = {
            "all logits": measure(model, sources, plain, everything),
            "most likely found in the file": measure(model, sources, plain),
        }
        frequent = np.arange(EOS, EOS + 320)
        starts = np.where(np.arange(WORDS + 1) > EOS, len(frequent), 0)
        model.shortlist = Shortlist(starts, frequent, WORDS)
        results["shortlist of 320"] = measure(model, sources, plain)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
