"""Plots the attention of a trained model on a few validation sources as heat maps."""

from itertools import islice

from seq2edge.pipeline.evaluation.plots import plot_attention
from seq2edge.pipeline.run import Run

SOURCES = 4


def plot_run_attention(run: Run) -> None:
    """Write RUN/attention.png, if the model has attention and generates at least one token."""
    sources = [pair.source for pair in islice(run.data.texts("valid"), SOURCES)]
    heat_maps = [
        (part.source_tokens, part.target_tokens, part.attention)
        for result in run.runner().run_all(sources)
        for part in result.parts
        if part.attention is not None and part.target_tokens
    ]
    if heat_maps:
        plot_attention(heat_maps, run.path / "attention.png")
