"""Measures words per second of tf/nmt's tutorial model, and the peak speed of the GPU for comparison."""

import functools
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np

from gpu.results import Results
from gpu.steps import State, batch_shapes, compile_all, flat, seconds_of, shape_of, state_of, update_of
from seq2edge.device.special_ids import EOS
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table

BUCKETS = 2
# Lengths in words of the 1,553 pairs of tst2012 (English to Vietnamese, IWSLT 2015): means, standard deviations and
# correlation of the logarithms.
MEANS, DEVIATIONS, CORRELATION = (2.714, 2.912), (0.606, 0.616), 0.936
GROUP = 4  # number of variants that are compiled at the same time, and then measured
COMPILING = 0.7  # largest share of the remaining time for compiling a group; variants that are not ready are left out
TIMED_BATCHES = 12  # number of batches, which are used in turn


def run_speed(settings: dict[str, Any], results: Results, part: str, deadline: float) -> None:
    """Measure the variants in groups, as long as there is time; with CUDA graphs only the first group."""
    speed = settings["speed"]
    variants = speed["variants"][: GROUP if part == "graphs" else None]
    if part == "speed":
        results.note(part, peak_tflops=peak_tflops(speed["square"]))
    with tempfile.TemporaryDirectory() as scratch:
        pairs = random_pairs(Path(scratch) / "pairs", speed)
        batches = {size: timed_batches(pairs, size) for size in {variant["batch"] for variant in variants}}
    rows: list[dict[str, Any]] = []
    for first in range(0, len(variants), GROUP):
        for row in measure_group(speed, variants[first : first + GROUP], batches, deadline):
            rows.append(row)
            print(row, flush=True)
            results.note(part, variants=rows)


def measure_group(
    speed: dict[str, Any], variants: list[dict[str, Any]], batches: dict[int, list[Any]], deadline: float
) -> Iterator[dict[str, Any]]:
    """Compile variants at the same time, then measure them one after the other. Yields a row for each.

    Args:
        speed: Settings of the measurement.
        variants: Settings of the variants.
        batches: Batches by batch size.
        deadline: End of the time, of `time.monotonic`.
    """
    models = [Variant(speed["model"], variant) for variant in variants]
    lowered = {
        (index, shape): model.lower(shape)
        for index, model in enumerate(models)
        for shape in sorted({shape_of(batch) for batch in batches[variants[index]["batch"]]})
    }
    started = time.monotonic()
    compiled = compile_all(lowered, started + COMPILING * (deadline - started))
    for index, variant in enumerate(variants):
        row: dict[str, Any] = {**variant, "group_compiled_in_seconds": compiled.seconds}
        missing = [key for key in lowered if key[0] == index and key not in compiled.programs]
        if missing:
            yield row | {"not_measured": compiled.errors.get(missing[0], "not compiled in time")}
        elif time.monotonic() + 2 * speed["seconds"] > deadline:
            yield row | {"not_measured": "no time was left"}
        else:
            updates = {shape: program for (number, shape), program in compiled.programs.items() if number == index}
            measured, _ = measure(updates, batches[variant["batch"]], models[index].state(), speed["seconds"])
            yield row | {**measured, "still_compiling": len(lowered) - len(compiled.programs) - len(compiled.errors)}


class Variant:
    """The model with one precision and one value of unroll."""

    def __init__(self, model: dict[str, Any], variant: dict[str, Any]):
        config = Seq2SeqConfig(
            **{
                **model,
                "encoder": RecurrentEncoderConfig(**model["encoder"]),
                "decoder": RecurrentDecoderConfig(**model["decoder"]),
            }
        )
        keras.utils.set_random_seed(1)
        self.model = build_seq2seq(config, variant["precision"], variant["unroll"])
        self.optimizer = keras.optimizers.AdamW(1e-4, global_clipnorm=5.0)
        self.optimizer.build(self.model.training.trainable_variables)
        self.loss = SequenceLoss()

    def state(self) -> State:
        return state_of(self.model.training, self.optimizer)

    def lower(self, shape: tuple[int, int, int]) -> Any:
        """Lower the update for batches of (rows, source length, target length), without compiling it."""
        update = update_of(self.model.training, self.optimizer, self.loss)
        return update.lower(jax.eval_shape(self.state), batch_shapes(*shape))


def random_pairs(folder: Path, speed: dict[str, Any]) -> Table:
    """Return random token ids, one per word and eos, with the lengths of tst2012 up to the tutorial's maximum."""
    random = np.random.default_rng(1)
    covariance = CORRELATION * math.prod(DEVIATIONS)
    spread = [[DEVIATIONS[0] ** 2, covariance], [covariance, DEVIATIONS[1] ** 2]]
    lengths = np.exp(random.multivariate_normal(MEANS, spread, speed["pairs"]))
    lengths = np.clip(np.round(lengths), 1, speed["longest"]).astype(int)
    sizes = {f"{side}_ids": speed["model"][f"{side}_vocabulary"] for side in ("source", "target")}
    with write_table(folder, {name: ColumnType.of_ids(size) for name, size in sizes.items()}) as columns:
        for pair in lengths:
            for (name, size), length in zip(sizes.items(), pair, strict=True):
                columns[name].append([*random.integers(4, size, length), EOS])
    return Table.open(folder)


def timed_batches(pairs: Table, size: int) -> list[Any]:
    """Return the first batches of a training, in two shapes."""
    batches = Batches(pairs, collate_seq2seq, BatchOptions(batch_size=size, buckets=BUCKETS, seed=1))
    return [flat(batches[index]) for index in range(min(TIMED_BATCHES, len(batches)))]


def words(batch: Any) -> int:
    """Return the number of words as tf/nmt counts them: of the source without eos, of the target with eos."""
    source_ids, _, target_ids = batch
    return int(np.count_nonzero(source_ids) - len(source_ids) + np.count_nonzero(target_ids))


def measure(updates: dict[Any, Any], batches: list[Any], state: State, least: float) -> tuple[dict[str, Any], State]:
    """Time updates for at least `least` seconds. The time includes copying the batches to the device.

    Args:
        updates: Compiled updates by the shape of a batch.
        batches: The batches.
        state: State of the first update.
        least: Seconds to measure.

    Returns:
        The measurements, and the state after the last update.
    """
    for batch in {shape_of(batch): batch for batch in batches}.values():  # warm up each program
        state, loss = updates[shape_of(batch)](state, jax.device_put(batch))
    jax.block_until_ready(loss)
    started, done, seen, positions = time.perf_counter(), 0, 0, 0
    while time.perf_counter() - started < least:
        for batch in batches:
            state, loss = updates[shape_of(batch)](state, jax.device_put(batch))
            seen += words(batch)
            positions += batch[0].size + batch[2].size
        done += len(batches)
        jax.block_until_ready(loss)
    seconds = time.perf_counter() - started
    row = {
        "words_per_second": round(seen / seconds),
        "ms_per_update": round(1e3 * seconds / done, 2),
        "updates": done,
        "padding": round(1 - seen / positions, 3),
        "loss": round(float(loss), 3),
    }
    return row, state


def peak_tflops(size: int) -> dict[str, float]:
    """Measure TFLOP/s of a large matrix product: bfloat16, float32 with JAX's default precision, and full float32."""
    left, right = (jax.random.normal(jax.random.key(seed), (size, size)) for seed in (0, 1))
    settings = {
        "bfloat16": ("bfloat16", None),
        "float32_default": ("float32", None),
        "float32_highest": ("float32", "highest"),
    }
    found = {}
    for name, (dtype, precision) in settings.items():
        product = jax.jit(functools.partial(jax.numpy.matmul, precision=precision))
        call = functools.partial(product, left.astype(dtype), right.astype(dtype))
        found[name] = round(2 * size**3 / seconds_of(call, 0.3) / 1e12, 3)
    return found
