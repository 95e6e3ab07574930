"""How surprised a system is by the right answers."""

import itertools
import math
import sys
from collections.abc import Sequence

from tqdm import tqdm

from seq2edge.device.batching import batched
from seq2edge.device.runner import Runner
from seq2edge.device.search.decoding import target_log_probs
from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.evaluation.scoring import Example


def perplexity(runner: Runner, expected: Sequence[Example], name: str, quiet: bool = False) -> float:
    """exp of the mean negative log-probability a target token, eos counted, in nats.

    All references count. What is longer than the model reads or writes is cut there. Empty sources are left out, as no
    model is asked about them.
    """
    codec, manifest = runner.codec, runner.bundle
    pairs = [
        (codec.encode_source(example.source, manifest.source_length), codec.encode_target(reference))
        for example in expected
        for reference in example.references
    ]
    pairs = [(source, (*target[: manifest.target_length - 1], EOS)) for source, target in pairs if len(source) > 1]
    pairs.sort(key=lambda pair: (len(pair[0]), len(pair[1])))
    log_probs: list[float] = []
    with tqdm(total=len(pairs), desc=f"{name}: perplexity", unit="pair", disable=quiet, file=sys.stderr) as bar:
        for group in batched(pairs, runner.model.max_batch_size):
            sources, targets = zip(*group, strict=True)
            log_probs += itertools.chain.from_iterable(target_log_probs(runner.model, sources, targets))
            bar.update(len(group))
    return math.exp(-sum(log_probs) / max(len(log_probs), 1))
