"""Test vectors of a bundle: what a port of the runner has to reproduce."""

from typing import Any

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.tflite_seq2seq import TFLiteModel
from seq2edge.device.vectors import forced_target
from seq2edge.pipeline.run import Run

TEXTS = (  # our own, so that a bundle holds no text of the user's
    "안녕하세요",
    "오늘 날씨가 참 좋네요.",
    "이 길로 곧장 가면 역이 나와요.",
    "Hello there",
    "A man is walking down the street.",
    "Please tell me how this works.",
)
STEPS, LOGITS = 3, 8  # recorded for each text: the first steps, and the first logits of each


def make_vectors(run: Run, bundle: Bundle[Seq2SeqManifest]) -> dict[str, Any]:
    """The content of vectors.json: for each text its ids, its greedy target, and the first logits of the first steps.

    Args:
        bundle: A bundle of the run whose model is in its folder.
    """
    processor, tokenizer, model = run.data.processor(run.recipe), run.data.target_tokenizer(), TFLiteModel(bundle)

    def vector(text: str) -> dict[str, Any]:
        source = processor(text, bundle.manifest.source_length)
        best = decode(model, [source], DecodingOptions(max_length=bundle.manifest.target_length, shortlist=False))[0][0]
        steps = forced_steps(model, [source], [forced_target(best.ids, STEPS)])
        return {
            "text": text,
            "source_ids": source["source_ids"].tolist(),
            "target_ids": list(best.ids),
            "target": tokenizer.decode(best.ids),
            "logits": [[round(float(value), 5) for value in step.logits[0, :LOGITS]] for step in steps],
        }

    return {"runtime": model.runtime, "vectors": [vector(text) for text in TEXTS]}
