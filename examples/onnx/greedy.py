"""Greedy search over an ONNX export with ONNX Runtime, SentencePiece and numpy.

pip install onnxruntime sentencepiece
python greedy.py bundles/captions.onnx "A man is walking."
"""

import json
import sys
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime
import sentencepiece

folder, text = Path(sys.argv[1]), sys.argv[2]
about = json.loads((folder / "onnx.json").read_text(encoding="utf-8"))
bos, eos = about["special_ids"]["bos"], about["special_ids"]["eos"]
source, target = (
    sentencepiece.SentencePieceProcessor(model_file=str(folder / about["tokenizers"][side]))
    for side in ("source", "target")
)
encoder, decoder_step = (
    onnxruntime.InferenceSession(str(folder / about[half]["file"]), providers=["CPUExecutionProvider"])
    for half in ("encoder", "decoder_step")
)


def run(session, inputs):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


if "slots" in about["processors"]["source"]:
    raise SystemExit("slots are not supported")
form = about["processors"]["source"]["normalisation"]
if form != "none":
    text = " ".join(unicodedata.normalize(form, text).split())
ids = [*source.encode(text)[: about["source_length"] - 1], eos]
inputs = run(encoder, {"source_ids": np.array([ids], np.int32)})  # memory, memory_mask, state_0 …
target_ids, token = [], bos
while token != eos and len(target_ids) < about["target_length"]:
    outputs = run(decoder_step, {**inputs, "token_ids": np.array([token], np.int32)})
    token = int(outputs["logits"][0, eos:].argmax()) + eos  # pad, unk and bos come before eos: never generated
    target_ids.append(token)
    inputs.update({state: outputs[new] for state, new in about["states"].items()})
print(target.decode([token for token in target_ids if token != eos]))
