"""Plots the attention of each architecture for the same five sentences.

    python benchmarks/attention.py                  # writes docs/attention-1.png … docs/attention-5.png

Run it after `benchmarks/architectures.py`, which trains the models. All models get the same target, so that the
pictures differ only in the attention.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from architectures import ARCHITECTURES

from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.decoding import forced_steps
from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

SENTENCES = (  # written for this project
    ("A man is walking down the street.", "Ein Mann geht die Straße entlang."),
    ("Two dogs are playing in the snow.", "Zwei Hunde spielen im Schnee."),
    ("A woman in a red coat is reading a book.", "Eine Frau in einem roten Mantel liest ein Buch."),
    ("Three children are sitting on a bench in the park.", "Drei Kinder sitzen auf einer Bank im Park."),
    ("On the beach, a boy throws a blue ball.", "Am Strand wirft ein Junge einen blauen Ball."),
)


def attention(model: Any, source: Features, target_ids: Sequence[int]) -> np.ndarray | None:
    """Return weights `(target_length, source_length)` with teacher forcing; None for a model without attention."""
    outputs = forced_steps(KerasSequenceModel(model), [source], [[*target_ids, EOS]])
    rows = [output.attention[0, : source_length(source)] for output in outputs if output.attention is not None]
    return np.stack(rows) if rows else None


def main() -> None:
    from seq2edge.pipeline.evaluation.plots import plot_attention
    from seq2edge.pipeline.run import Run

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/architectures"))
    parser.add_argument("--output", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    runs = {name: Run.open(arguments.runs / name) for name in ARCHITECTURES if (arguments.runs / name).is_dir()}
    models = {name: run.model() for name, run in runs.items()}
    run = next(iter(runs.values()))
    processor, tokenizer = run.data.processor(run.recipe), run.data.target_tokenizer()
    for number, (text, target) in enumerate(SENTENCES, start=1):
        source, target_ids = processor(text), tokenizer.encode(target)
        source_tokens, target_tokens = processor.labels(source), tokenizer.tokens([*target_ids, EOS])
        drawn = {name: attention(model, source, target_ids) for name, model in models.items()}
        looked = {name: weights for name, weights in drawn.items() if weights is not None}
        plot_attention(
            [(source_tokens, target_tokens, weights) for weights in looked.values()],
            arguments.output / f"attention-{number}.png",
            columns=4,
            titles=list(looked),
        )


if __name__ == "__main__":
    main()
