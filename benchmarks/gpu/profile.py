"""Profiles an update of tf/nmt's tutorial model."""

import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from training_speed import Clock, useful_operations

from gpu.kernels import kernel_times
from gpu.results import Results
from gpu.speed import Variant, measure, peak_tflops, random_pairs, timed_batches, words
from gpu.steps import flat, loss_of, seconds_of, shape_of, state_of
from seq2edge.models.loss import SequenceLoss
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq

STEPS_IN_FIT = 20  # number of updates in an epoch of `fit`
Calls = tuple[Callable[[], Any], Callable[[], Any]]  # the forward pass; the forward and backward pass


def run_profile(settings: dict[str, Any], results: Results, deadline: float) -> None:
    """Measure the share of the peak, the parts of an update, an update in `fit`, and kernels, as time permits."""
    speed = settings["speed"]
    variant = fastest_variant(speed["variants"][0], results)
    with tempfile.TemporaryDirectory() as scratch:
        pairs = random_pairs(Path(scratch) / "pairs", speed)
        batches = timed_batches(pairs, variant["batch"])
        made = Batches(pairs, collate_seq2seq, BatchOptions(batch_size=variant["batch"]))
        making = seconds_of(lambda: jax.device_put(flat(made[0])), 0.3)
    batch = max(batches, key=lambda batch: batch[0].size)
    alike = [other for other in batches if shape_of(other) == shape_of(batch)]
    model = Variant(speed["model"], variant)
    program = model.lower(shape_of(batch)).compile()
    row, state = measure({shape_of(batch): program}, alike, model.state(), speed["seconds"])
    results.note(
        "profile", variant=variant, shape=shape_of(batch), words=words(batch), **_shares(model, alike, row, speed)
    )
    times = {"making a batch and copying it": round(1e3 * making, 3)}
    for name, call in calls_of_parts(model, batch).items():
        if time.monotonic() > deadline - 40:  # leave time for `fit` and the kernels
            break
        times[name] = round(1e3 * seconds_of(call, 0.3), 3)
        results.note("profile", ms=times)
        print(name, times[name], flush=True)
    if time.monotonic() < deadline - 30:
        times["update in Keras' fit"] = round(ms_in_fit(model, alike), 3)
        results.note("profile", ms=times)
    if time.monotonic() < deadline - 10:
        results.note("profile", kernels=kernel_times(lambda state: program(state, batch)[0], state))


def fastest_variant(first: dict[str, Any], results: Results) -> dict[str, Any]:
    """Return the fastest measured variant with the batch size of the first one; the first one if none was measured."""
    measured = [row for row in results.read().get("speed", {}).get("variants", ()) if "words_per_second" in row]
    same_batch = [row for row in measured if row["batch"] == first["batch"]]
    fastest = max(same_batch, key=lambda row: row["words_per_second"], default=first)
    return {key: fastest[key] for key in first}


def _shares(model: Variant, batches: list[Any], row: dict[str, Any], speed: dict[str, Any]) -> dict[str, Any]:
    """Return the arithmetic speed on real tokens, and its share of the peak in the same precision."""
    lengths = [np.concatenate([(batch[side] != 0).sum(1) for batch in batches]) for side in (0, 2)]
    operations = useful_operations(model.model, *lengths) / len(batches)
    tflops = operations / (row["ms_per_update"] / 1e3) / 1e12
    peaks = peak_tflops(speed["square"])
    mixed = model.model.training.get_layer("encoder").compute_dtype == "bfloat16"
    return {
        "ms_per_update": row["ms_per_update"],
        "tflops": round(tflops, 3),
        "peak_tflops": peaks,
        "share_of_peak": round(tflops / peaks["bfloat16" if mixed else "float32_default"], 4),
    }


def calls_of_parts(variant: Variant, batch: Any) -> dict[str, Callable[[], Any]]:
    """Return calls that each compute one part of an update, by name."""
    model, optimizer, config = variant.model.training, variant.optimizer, variant.model.config
    on_device = jax.device_put(batch)
    trainable, others, of_optimizer = state_of(model, optimizer)
    loss = loss_of(model, SequenceLoss())
    forward = jax.jit(loss)
    both = jax.jit(jax.value_and_grad(loss, has_aux=True))
    apply = jax.jit(optimizer.stateless_apply)
    source_ids, _, target_ids = on_device
    dtype = model.get_layer("encoder").compute_dtype
    source = jax.random.normal(jax.random.key(0), (*source_ids.shape, config.embedding)).astype(dtype)
    target = jax.random.normal(jax.random.key(1), (*target_ids.shape, config.embedding)).astype(dtype)
    memory = jax.random.normal(jax.random.key(2), (*source_ids.shape, config.units)).astype(dtype)
    mask = (source_ids != 0).astype("int32")
    states = [[jax.numpy.zeros((len(source_ids), config.units), dtype)] * 2] * config.encoder.layers  # h and c
    parts = {
        "encoder": _calls_of_layer(model.get_layer("encoder"), source, mask),
        "decoder": _calls_of_layer(model.get_layer("decoder"), target, memory, mask, states),
        "output layer and loss": _calls_of_output(model.get_layer("target_embedding"), target, target_ids),
    }
    calls: dict[str, Callable[[], Any]] = {
        "forward": lambda: forward(trainable, others, on_device),
        "forward and backward": lambda: both(trainable, others, on_device),
        "optimizer": lambda: apply(of_optimizer, trainable, trainable),
    }
    for name, (forward_call, both_call) in parts.items():
        calls |= {f"{name}, forward": forward_call, f"{name}, forward and backward": both_call}
    return calls


def _calls_of_layer(layer: Any, inputs: Any, *rest: Any) -> Calls:
    """Return the calls of a layer. Gradients are those of its weights and of `inputs`."""
    trainable = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]

    def total(trainable: Any, inputs: Any) -> Any:
        outputs, _ = layer.stateless_call(trainable, others, inputs, *rest, training=True)
        return sum(jax.numpy.sum(leaf.astype("float32")) for leaf in jax.tree.leaves(outputs))

    return _compiled_calls(total, trainable, inputs)


def _calls_of_output(layer: Any, vectors: Any, target_ids: Any) -> Calls:
    trainable = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]

    def loss(trainable: Any, vectors: Any) -> Any:
        logits, _ = layer.stateless_call(trainable, others, vectors, reverse=True)
        return SequenceLoss()(target_ids, logits)

    return _compiled_calls(loss, trainable, vectors)


def _compiled_calls(function: Callable[..., Any], *arguments: Any) -> Calls:
    forward = jax.jit(function)
    both = jax.jit(jax.value_and_grad(function, tuple(range(len(arguments)))))
    return lambda: forward(*arguments), lambda: both(*arguments)


def ms_in_fit(variant: Variant, batches: list[Any]) -> float:
    """Return the milliseconds of an update in Keras' `fit`, which `seq2edge train` uses. The first epoch compiles."""
    model = variant.model.training
    model.compile(variant.optimizer, variant.loss, jit_compile=True)
    clock = Clock()
    rows = (((source_ids, inputs), target_ids) for source_ids, inputs, target_ids in itertools.cycle(batches))
    model.fit(rows, epochs=3, steps_per_epoch=STEPS_IN_FIT, callbacks=[clock], verbose=0, shuffle=False)
    return 1e3 * min(clock.seconds[1:]) / STEPS_IN_FIT
