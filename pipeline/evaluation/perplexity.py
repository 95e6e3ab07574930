"""Perplexity of the references under a system's model."""

import itertools
import math
import sys
from collections.abc import Sequence

from tqdm import tqdm

from seq2edge.device.batching import batched
from seq2edge.device.processors.interface import source_length
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import target_log_probs
from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.evaluation.examples import Example


def perplexity(runner: Seq2SeqRunner, expected: Sequence[Example], name: str, quiet: bool = False) -> float:
    """Compute the perplexity: exp of the mean negative log-probability (nats) of a target token, eos included.

    All references count. Sources and references that are too long for the model are truncated. Empty sources are left
    out, because the runner answers them without the model.

    Args:
        name: Name of the system, for the progress bar.
    """
    manifest = runner.manifest
    pairs = [
        (
            runner.processor(example.source, manifest.source_length),
            runner.tokenizer.encode(runner.processor.mask(example.source, reference)),
        )
        for example in expected
        for reference in example.references
    ]
    pairs = [
        (source, (*target[: manifest.target_length - 1], EOS)) for source, target in pairs if source_length(source) > 1
    ]
    pairs.sort(key=lambda pair: (source_length(pair[0]), len(pair[1])))
    log_probs: list[float] = []
    with tqdm(total=len(pairs), desc=f"{name}: perplexity", unit="pair", disable=quiet or None, file=sys.stderr) as bar:
        for group in batched(pairs, runner.model.max_batch_size):
            sources, targets = zip(*group, strict=True)
            log_probs += itertools.chain.from_iterable(target_log_probs(runner.model, sources, targets))
            bar.update(len(group))
    return math.exp(-sum(log_probs) / max(len(log_probs), 1))
