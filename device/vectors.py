"""A bundle's test vectors: texts with the outputs that the model had when it was exported."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.bundle import Bundle, read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode, forced_steps
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS

FILE = "vectors.json"
# Of logits. The int8 kernels of two runtimes or processors differ by about 1 % of the logits' range.
MAX_DIFFERENCE = {"none": 1e-3, "float16": 1e-2, "int8": 1.0}
MIN_SHARE = {"none": 1.0, "float16": 1.0, "int8": 0.5}  # of vectors with identical ids


def read_vectors(bundle: Bundle[Manifest]) -> list[dict[str, Any]]:
    """The test vectors of a bundle."""
    try:
        return json.loads((bundle.path / FILE).read_text(encoding="utf-8"))["vectors"]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{bundle.path / FILE}: cannot be read: {error}") from None


def forced_target(target_ids: Sequence[int], steps: int) -> list[int]:
    """The ids along which the logits of a test vector were recorded: the target, then eos for every further step."""
    return [*target_ids, *[EOS] * steps][:steps]


def check_vectors(path: Path) -> dict[str, Any]:
    """Decode every test vector of a bundle again.

    Returns:
        files (how many are unaltered), runtime, vectors (how many), same (how many give the same ids),
        largest_logit_difference, passed.

    Raises:
        UserError: If the bundle is damaged.
    """
    bundle = read_bundle(path, Seq2SeqManifest)
    runner = Seq2SeqRunner.from_bundle(bundle)
    model, vectors = runner.model, read_vectors(bundle)
    options = DecodingOptions(max_length=bundle.manifest.target_length, shortlist=False)
    same, largest = 0, 0.0
    for vector in vectors:
        source = runner.processor(vector["text"], bundle.manifest.source_length)
        best = decode(model, [source], options)[0][0]
        same += source["source_ids"].tolist() == vector["source_ids"] and list(best.ids) == vector["target_ids"]
        target = forced_target(vector["target_ids"], len(vector["logits"]))
        for expected, output in zip(vector["logits"], forced_steps(model, [source], [target]), strict=True):
            found = output.logits[0, : len(expected)]
            largest = max(largest, float(np.abs(found - np.array(expected)).max()))
    share = same / max(len(vectors), 1)
    quantization = bundle.manifest.quantization
    return {
        "files": len(bundle.manifest.files),
        "runtime": getattr(model, "runtime", ""),
        "vectors": len(vectors),
        "same": same,
        "largest_logit_difference": largest,
        "passed": share >= MIN_SHARE[quantization] and largest <= MAX_DIFFERENCE[quantization],
    }
