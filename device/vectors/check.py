"""Records the test vectors of a bundle at export, and checks them on the device."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seq2edge.device.bundle import Bundle, read_bundle, read_small
from seq2edge.device.errors import UserError
from seq2edge.device.json_types import mistakes
from seq2edge.device.manifests import caps
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.runners.load import runner_of
from seq2edge.device.tasks import TASKS, Family
from seq2edge.device.vectors import classification, seq2seq
from seq2edge.device.vectors.interface import VectorFamily

FILE = "vectors.json"
VECTOR_FAMILIES: dict[Family, VectorFamily] = {"seq2seq": seq2seq, "classification": classification}
# Of logits, by quantization: int8 kernels of different runtimes or processors differ by about 1 % of the logits' range.
MAX_DIFFERENCE = {"none": 1e-3, "float16": 1e-2, "int8": 1.0}
MIN_SHARE = {"none": 1.0, "float16": 1.0, "int8": 0.5}  # smallest share of equal answers, by quantization


def record_vectors(bundle: Bundle[Manifest], texts: Sequence[str]) -> dict[str, Any]:
    """Record test vectors.

    Args:
        bundle: A bundle whose model and tokenizers are in its folder and in its manifest.
        texts: Texts of the test vectors.

    Returns:
        The content of vectors.json: the runtime, and a vector for each text.
    """
    runner, family = runner_of(bundle), _family(bundle)
    return {"runtime": runner.runtime, "vectors": [family.record(runner, text) for text in texts]}


def read_vectors(bundle: Bundle[Manifest]) -> list[dict[str, Any]]:
    """Read the test vectors of a bundle.

    The manifests of older bundles may not list the file. It is read anyway, if it is a small regular file.

    Raises:
        UserError: If there are no test vectors, or they do not fit the family of the bundle.
    """
    path = bundle.path / FILE
    content = read_small(path, caps.VECTORS_BYTES)
    family = _family(bundle)
    try:
        values = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: damaged: {error}") from None
    vectors: Any = values.get("vectors") if isinstance(values, dict) else None
    found = next(mistakes(vectors, family.VECTORS, "vectors"), None)
    if found is None:
        found = next(family.contradictions(vectors, bundle.manifest), None)
    if found:
        raise UserError(f"{path}: damaged: {found}")
    return vectors


def check_vectors(path: Path, sha256: str | None = None) -> dict[str, Any]:
    """Check a bundle: verify its files, and answer the texts of its test vectors again.

    Args:
        path: Folder of the bundle.
        sha256: Expected digest of the bundle; None: any.

    Returns:
        A dict with files (number of verified files), runtime, vectors (number of test vectors), same (number of vectors
        with the same answer), largest_logit_difference and passed.

    Example:
        >>> from seq2edge.device.shipped_bundle import SHIPPED
        >>> check_vectors(SHIPPED)["passed"]
        True

    Raises:
        UserError: If the bundle is damaged, or its guard is not valid.
    """
    bundle: Bundle[Manifest] = read_bundle(path, sha256=sha256)
    runner, family, vectors = runner_of(bundle), _family(bundle), read_vectors(bundle)
    if runner.guard:
        runner.guard.verify()
    repeated = [family.repeat(runner, vector) for vector in vectors]
    same = sum(one.same for one in repeated)
    largest = max((one.logit_difference for one in repeated), default=0.0)
    quantization = bundle.manifest.quantization
    return {
        "files": len(bundle.manifest.files),
        "runtime": runner.runtime,
        "vectors": len(vectors),
        "same": same,
        "largest_logit_difference": largest,
        "passed": same >= MIN_SHARE[quantization] * max(len(vectors), 1) and largest <= MAX_DIFFERENCE[quantization],
    }


def _family(bundle: Bundle[Manifest]) -> VectorFamily:
    return VECTOR_FAMILIES[TASKS[bundle.manifest.task].family]
