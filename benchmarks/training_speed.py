"""Measures the efficiency of training: useful arithmetic per second, relative to a large matrix product.

    KERAS_BACKEND=jax python benchmarks/training_speed.py
    KERAS_BACKEND=tensorflow python benchmarks/training_speed.py --jit

Models are trained with `fit` and the usual batches, on random ids with the lengths of image captions. Only arithmetic
on real tokens counts, not on padding. Run this with nothing else running.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from seq2edge.device.special_ids import EOS
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table
from seq2edge.pipeline.training.memory import keep_freed_memory

VOCABULARY = 6000
BATCH = 64
PAIRS = 20_000
EPOCHS, STEPS = 6, 20  # timed epochs, and their steps; the median over epochs excludes those that compile a shape
LARGE = 2048
LSTM = Seq2SeqConfig(VOCABULARY, VOCABULARY, units=512, embedding=512, dropout=0.0)
FEEDING = dataclasses.replace(LSTM, decoder=RecurrentDecoderConfig(input_feeding=True))
MODELS = {
    "LSTM 512": LSTM,
    "LSTM 512, input feeding": FEEDING,
    # JoeyNMT's: an encoder of 2 × 128 units, a decoder of 256 with input feeding
    "LSTM 2 × 128 / 256, input feeding": dataclasses.replace(FEEDING, units=256, embedding=256),
}


def random_pairs(folder: Path, seed: int = 1) -> Table:
    """Return random ids with the lengths of Multi30k's captions: 16 ± 5 tokens, eos included, with correlation 0.87."""
    random = np.random.default_rng(seed)
    lengths = random.multivariate_normal([16, 16], [[25, 0.87 * 25], [0.87 * 25, 25]], PAIRS)
    lengths = np.clip(np.round(lengths), 5, 40).astype(int)
    ids_type = ColumnType.of_ids(VOCABULARY)
    with write_table(folder, {"source_ids": ids_type, "target_ids": ids_type}) as columns:
        for source, target in lengths:
            ids = random.integers(4, VOCABULARY, source + target)
            columns["source_ids"].append([*ids[1:source], EOS])
            columns["target_ids"].append([*ids[source + 1 :], EOS])
    return Table.open(folder)


def useful_operations(model: Seq2Seq, source: np.ndarray, target: np.ndarray) -> float:
    """Return the floating-point operations of a forward and backward pass over real tokens, given the lengths of pairs.

    A product with a kernel (a, b) takes 2·a·b operations per token, and its backward pass twice as many. Recurrent
    products, projections, attention and the output layer count. Element-wise operations do not.
    """
    config = model.config
    of_encoder, of_decoder = 0, config.embedding * config.target_vocabulary  # the output layer, tied to the embedding
    for weight in model.training.trainable_weights:
        if len(weight.shape) == 2 and "embedding" not in weight.path:
            if weight.path.startswith("encoder"):
                of_encoder += int(np.prod(weight.shape))
            else:
                of_decoder += int(np.prod(weight.shape))
    source, target = source.astype(float), target.astype(float)
    attention = 2 * config.units * (source * target).sum()  # scores, and the weighted sum
    return 3 * 2 * (of_encoder * source.sum() + of_decoder * target.sum() + attention)


def seconds(call: Callable[[], Any], times: int) -> float:
    """Return the median time of `times` calls, after two calls that compile."""
    taken = []
    for _ in range(2 + times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[2:])


def product_speed(rows: int, inner: int, columns: int, times: int = 15) -> float:
    """Return the floating-point operations per second of a float32 matrix product on this backend."""
    left = ops.convert_to_tensor(np.random.default_rng(0).random((rows, inner), np.float32))
    right = ops.convert_to_tensor(np.random.default_rng(1).random((inner, columns), np.float32))
    return 2 * rows * inner * columns / seconds(lambda: np.asarray(ops.matmul(left, right))[0, 0], times)


class Clock(keras.callbacks.Callback):
    """Measures the seconds of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)


def measure(name: str, config: Seq2SeqConfig, pairs: Table, jit: bool) -> dict[str, Any]:
    """Train a model for some epochs."""
    peak = product_speed(LARGE, LARGE, LARGE)
    model = build_seq2seq(config)
    options = BatchOptions(batch_size=BATCH, buckets=8, seed=1)
    batches = Batches(pairs, collate_seq2seq, options, steps=STEPS * (EPOCHS + 1))
    model.training.compile(keras.optimizers.AdamW(1e-4, global_clipnorm=1.0), SequenceLoss(0.1), jit_compile=jit)
    clock = Clock()
    model.training.fit(
        batches.for_fit(), epochs=EPOCHS + 1, steps_per_epoch=STEPS, callbacks=[clock], verbose=0, shuffle=False
    )
    started = time.perf_counter()
    made = [batches[index] for index in range(len(batches))]
    making = (time.perf_counter() - started) / len(made)
    tokens, shares, real, seen = [], [], 0, 0
    for epoch in range(1, EPOCHS + 1):
        chosen = made[epoch * STEPS : (epoch + 1) * STEPS]
        source, target = (
            np.concatenate([(ids != 0).sum(1) for ids in side]) for side in zip(*map(ids_of, chosen), strict=True)
        )
        tokens.append(target.sum() / clock.seconds[epoch])
        shares.append(useful_operations(model, source, target) / clock.seconds[epoch] / peak)
        real += source.sum() + target.sum()
        seen += sum(ids.size for batch in chosen for ids in ids_of(batch))
    return {
        "model": name,
        "backend": keras.backend.backend(),
        "jit": jit,
        "target_tokens_per_s": round(float(statistics.median(tokens))),
        "share_of_peak": round(float(statistics.median(shares)), 3),
        "peak_gflops": round(peak / 1e9, 1),
        "padding": round(float(1 - real / seen), 3),
        "recurrent_product_share_of_peak": round(product_speed(BATCH, config.units, 4 * config.units, 200) / peak, 3),
        "output_product_share_of_peak": round(product_speed(BATCH * 16, config.embedding, VOCABULARY) / peak, 3),
        "making_batches": round(making * STEPS / statistics.median(clock.seconds[1:]), 3),
    }


def ids_of(batch: Any) -> tuple[np.ndarray, np.ndarray]:
    (source_ids, _), target_ids = batch
    return source_ids, target_ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jit", action="store_true", help="compile with XLA on TensorFlow; JAX always does")
    parser.add_argument("--only", choices=MODELS, nargs="+", default=list(MODELS), metavar="MODEL")
    arguments = parser.parse_args()
    keep_freed_memory()
    jit = arguments.jit or keras.backend.backend() == "jax"
    with tempfile.TemporaryDirectory() as folder:
        pairs = random_pairs(Path(folder) / "pairs")
        for name in arguments.only:
            print(json.dumps(measure(name, MODELS[name], pairs, jit), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
