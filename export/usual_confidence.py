"""Finds how confident a bundle usually is, so that its runner can say when it is not."""

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.pipeline.run import Run

UNUSUAL = 0.05  # share of the outputs for validation texts that are below the usual confidence
MOST_TEXTS = 300


def usual_confidence(run: Run, bundle: Bundle[Seq2SeqManifest]) -> float:
    """Return the confidence that 95 % of a bundle's outputs for validation texts have at least, with its own search."""
    texts = [pair.source for pair in run.data.texts("valid")]
    results = Seq2SeqRunner.from_bundle(bundle).run_all(texts[:: -(-len(texts) // MOST_TEXTS)])
    confidences = [result.confidence for result in results if result.decided_by == "model"]
    return round(float(np.quantile(confidences, UNUSUAL)), 4) if confidences else 0.0
