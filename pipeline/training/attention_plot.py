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
    codec, lengths = run.data.codec(), run.recipe.model
    sources = [pair.source for pair in islice(run.data.texts("valid"), SENTENCES)]
    ids = [codec.encode_source(source, lengths.source_length) for source in sources]
    found = decode(KerasSequenceModel(run.model()), ids, DecodingOptions(max_length=lengths.target_length))
    heat_maps = [
        (codec.source_tokens(source_ids), codec.target_tokens(best.ids), best.attention)
        for source_ids, (best, *_) in zip(ids, found, strict=True)
        if best.attention is not None and best.ids
    ]
    if heat_maps:
        plot_attention(heat_maps, run.path / "attention.png")
