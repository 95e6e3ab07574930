"""The attention of a trained model on a few validation sentences, as heat-maps."""

from itertools import islice

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.pipeline.evaluation.plots import plot_attention
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.run import Run

SENTENCES = 4


def plot_run_attention(run: Run) -> None:
    """Write RUN/attention.png, if the model has attention and answers with at least one token."""
    lengths, processor, tokenizer = run.recipe.model, run.data.processor(run.recipe), run.data.target_tokenizer()
    pairs = islice(run.data.texts("valid"), SENTENCES)
    sources = [processor(pair.source, lengths.source_length) for pair in pairs]
    found = decode(KerasSequenceModel(run.model()), sources, DecodingOptions(max_length=lengths.target_length))
    heat_maps = [
        (processor.labels(source), tokenizer.tokens(best.ids), best.attention)
        for source, (best, *_) in zip(sources, found, strict=True)
        if best.attention is not None and best.ids
    ]
    if heat_maps:
        plot_attention(heat_maps, run.path / "attention.png")
