"""Test vectors of a bundle: what a port of the runner has to reproduce."""

from typing import Any

from seq2edge.device.bundle import Bundle
from seq2edge.device.interpreter import TFLiteModel
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.text import TextCodec, tokenizer_paths
from seq2edge.device.vectors import forced_target

TEXTS = (  # our own, so that a bundle holds no text of the user's
    "안녕하세요",
    "오늘 날씨가 참 좋네요.",
    "이 길로 곧장 가면 역이 나와요.",
    "Hello there",
    "A man is walking down the street.",
    "Please tell me how this works.",
)
STEPS, LOGITS = 3, 8  # recorded for each text: the first steps, and the first logits of each


def make_vectors(bundle: Bundle) -> dict[str, Any]:
    """The content of vectors.json: for each text its ids, its greedy target, and the first logits of the first steps.

    Args:
        bundle: A bundle whose model and tokenizers are in its folder.
    """
    codec = TextCodec(*tokenizer_paths(bundle.path), bundle.normalisations)
    model = TFLiteModel(bundle)
    return {"runtime": model.runtime, "vectors": [_vector(bundle, codec, model, text) for text in TEXTS]}


def _vector(bundle: Bundle, codec: TextCodec, model: TFLiteModel, text: str) -> dict[str, Any]:
    ids = codec.encode_source(text, bundle.source_length)
    best = decode(model, [ids], DecodingOptions(max_length=bundle.target_length, shortlist=False))[0][0]
    steps = forced_steps(model, [ids], [forced_target(best.ids, STEPS)])
    return {
        "text": text,
        "source_ids": ids.tolist(),
        "target_ids": list(best.ids),
        "target": codec.decode_target(best.ids),
        "logits": [[round(float(value), 5) for value in step.logits[0, :LOGITS]] for step in steps],
    }
