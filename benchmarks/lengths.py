"""Measures the time to encode a source and to decode a token by length, to compare linear and quadratic models.

    python benchmarks/lengths.py                    # writes docs/lengths.png and prints the table

The models have random weights (speed does not depend on them) and run as int8 on LiteRT with one thread. For each
length the encoder reads this many tokens, and the decoder takes one step after as many source and target tokens. Models
and lengths take turns for several rounds. The result is the median of all calls, also relative to the recurrent model.
"""

import statistics
import tempfile
import time
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from seq2edge.models.decoders.config import DecoderConfig, RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import EncoderConfig, RecurrentEncoderConfig, TransformerEncoderConfig

LENGTHS = (10, 25, 50, 75, 100, 150, 200)
ROUNDS, CALLS = 9, 5  # number of rounds, and of calls per model and length in a round
VOCABULARY = 6000
LAYERS = 2
MODELS = {
    "recurrent": (RecurrentEncoderConfig(layers=LAYERS), RecurrentDecoderConfig(layers=LAYERS)),
    "hybrid": (TransformerEncoderConfig(layers=LAYERS), RecurrentDecoderConfig(layers=LAYERS)),
    "Transformer": (TransformerEncoderConfig(layers=LAYERS), TransformerDecoderConfig(layers=LAYERS)),
}
COLOURS = {"recurrent": "#22303c", "hybrid": "#3c7d5a", "Transformer": "#c8553d"}


def signatures_of(encoder: EncoderConfig, decoder: DecoderConfig) -> dict:
    """Return runners of `encode` and `decode_step_1` of an int8 file with random weights."""
    from ai_edge_litert.interpreter import Interpreter

    from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
    from seq2edge.export.tflite.convert import convert
    from seq2edge.models.config import Seq2SeqConfig
    from seq2edge.models.seq2seq import build_seq2seq

    lengths = {"source_length": max(LENGTHS), "target_length": max(LENGTHS)}
    config = Seq2SeqConfig(VOCABULARY, VOCABULARY, encoder=encoder, decoder=decoder, share_embeddings=True, **lengths)
    model = build_seq2seq(config)
    with tempfile.TemporaryDirectory() as folder:
        Seq2SeqSignatures(model, [1], max(LENGTHS)).save(Path(folder) / "saved_model")
        interpreter = Interpreter(model_content=convert(Path(folder) / "saved_model", "int8"), num_threads=1)
    return {name: interpreter.get_signature_runner(name) for name in ("encode", "decode_step_1")}


def measure(signatures: dict, length: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of encoding and of a step, for a few calls each."""
    source_ids = np.full((1, length), 5, np.int32)
    encode, encoded = timed(signatures["encode"], source_ids=source_ids)
    states = {name: value for name, value in encoded.items() if name.startswith("state_")}
    if states["state_0"].dtype == np.int32:  # a Transformer's position, set to the value after this many steps
        states["state_0"] = np.full((1, 1), length - 1, np.int32)
    inputs = {"token_ids": np.array([5], np.int32), "memory": encoded["memory"], "memory_mask": encoded["memory_mask"]}
    step, _ = timed(signatures["decode_step_1"], **inputs, **states)
    return encode, step


def timed(signature, **inputs: np.ndarray) -> tuple[list[float], dict]:
    """Return the milliseconds of a few calls, and their outputs."""
    milliseconds = []
    for _ in range(CALLS + 2):
        started = time.perf_counter()
        outputs = signature(**inputs)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return milliseconds[2:], outputs  # the first calls allocate memory


def plot(rows: dict[str, list[tuple[float, float]]], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6))
    for axis, column, title in zip(axes, (0, 1), ("reading the source", "writing one token"), strict=True):
        for name, values in rows.items():
            axis.plot(LENGTHS, [value[column] for value in values], "o-", color=COLOURS[name], label=name, markersize=4)
        axis.set_title(title, loc="left", fontsize=11)
        axis.set_xlabel("tokens")
        axis.set_ylabel("ms")
        axis.set_ylim(bottom=0)
        axis.grid(color="#dfe3e6")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    signatures = {name: signatures_of(*sides) for name, sides in MODELS.items()}
    found: dict = {(name, length): ([], []) for name in MODELS for length in LENGTHS}
    for _ in range(ROUNDS):
        for (name, length), kept in found.items():
            for values, new in zip(kept, measure(signatures[name], length), strict=True):
                values += new
    rows = {
        name: [tuple(statistics.median(values) for values in found[name, length]) for length in LENGTHS]
        for name in MODELS
    }
    print("| tokens | " + " | ".join(f"{name}: read | write one" for name in MODELS) + " |")
    print("|---|" + "---|---|" * len(MODELS))
    for place, length in enumerate(LENGTHS):
        peer = rows["recurrent"][place]
        cells = [
            f"{value[column]:.2f} ({value[column] / peer[column]:.2f})"
            for value in (rows[name][place] for name in MODELS)
            for column in (0, 1)
        ]
        print(f"| {length} | " + " | ".join(cells) + " |")
    plot(rows, Path("docs/lengths.png"))


if __name__ == "__main__":
    main()
