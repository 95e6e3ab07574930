"""The update of a Keras model on JAX as a function of a state, which is compiled before it is timed."""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import jax
import keras
import numpy as np

Batch = tuple[Any, Any, Any]  # source_ids, target_inputs, target_ids
State = tuple[list[Any], list[Any], list[Any]]  # trainable and other variables of a model, variables of its optimizer


def state_of(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> State:
    """Return copies of the values that an update replaces. It donates the memory of its inputs."""
    optimizer.build(model.trainable_variables)
    variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    trainable, others, of_optimizer = ([jax.numpy.copy(variable.value) for variable in some] for some in variables)
    return trainable, others, of_optimizer


def loss_of(model: keras.Model, loss: Any) -> Callable[..., tuple[Any, Any]]:
    """Return a function of `(trainable, others, batch)`: training loss, and new other variables (seeds of dropout)."""

    def compute(trainable: list[Any], others: list[Any], batch: Batch) -> tuple[Any, Any]:
        source_ids, target_inputs, target_ids = batch
        logits, others = model.stateless_call(trainable, others, [source_ids, target_inputs], training=True)
        return loss(target_ids, logits), others

    return compute


def update_of(model: keras.Model, optimizer: keras.optimizers.Optimizer, loss: Any) -> Any:
    """Return a `jax.jit` of `(state, batch)`: new state and loss. It is a training step of `fit` without metrics."""
    compute = jax.value_and_grad(loss_of(model, loss), has_aux=True)

    def update(state: State, batch: Batch) -> tuple[State, Any]:
        trainable, others, of_optimizer = state
        (value, others), gradients = compute(trainable, others, batch)
        trainable, of_optimizer = optimizer.stateless_apply(of_optimizer, gradients, trainable)
        return (trainable, others, of_optimizer), value

    return jax.jit(update, donate_argnums=0)


def batch_shapes(rows: int, source_length: int, target_length: int) -> Batch:
    """Return the shapes and dtypes of a batch, for `lower`."""
    source, target = (jax.ShapeDtypeStruct((rows, length), "int32") for length in (source_length, target_length))
    return source, target, target


@dataclass(frozen=True)
class Compiled:
    """The result of `compile_all`.

    Attributes:
        programs: The compiled programs, by key.
        errors: Error messages of programs that could not be compiled, by key.
        seconds: Time of the compilation.
    """

    programs: dict[Any, Any]
    errors: dict[Any, str]
    seconds: float


def compile_all(lowered: Mapping[Any, Any], deadline: float) -> Compiled:
    """Compile programs (`jax.stages.Lowered`) in as many threads as there are cores, until `deadline` at the latest."""
    started = time.monotonic()
    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="compile")
    futures: dict[Any, Future] = {key: pool.submit(program.compile) for key, program in lowered.items()}
    wait(futures.values(), max(0.0, deadline - started))
    pool.shutdown(wait=False, cancel_futures=True)
    programs: dict[Any, Any] = {}
    errors: dict[Any, str] = {}
    for key, future in futures.items():
        if future.done() and not future.cancelled():
            if (error := future.exception()) is None:
                programs[key] = future.result()
            else:
                errors[key] = f"{type(error).__name__}: {error}"[:500]
    return Compiled(programs, errors, round(time.monotonic() - started, 1))


def flat(batch: Any) -> Batch:
    """Return a batch of `Batches` in the form that this module's functions take."""
    (source_ids, target_inputs), target_ids = batch
    return source_ids, target_inputs, target_ids


def shape_of(batch: Batch) -> tuple[int, int, int]:
    """Return the rows, source length and target length of a batch."""
    return (*batch[0].shape, batch[2].shape[1])


def prefetch(batches: Iterable[Any], number: int = 8) -> Iterator[tuple[Batch, int]]:
    """Yield batches on the device, with their number of real tokens. A thread makes them while the device computes."""
    ready: queue.Queue[Any] = queue.Queue(number)

    def make() -> None:
        try:
            for batch in map(flat, batches):
                ready.put((jax.device_put(batch), int(np.count_nonzero(batch[0]) + np.count_nonzero(batch[2]))))
            ready.put(None)
        except Exception as error:  # raised again by the thread that reads the batches
            ready.put(error)

    threading.Thread(target=make, daemon=True).start()
    while (item := ready.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item


def seconds_of(call: Callable[[], Any], least: float = 0.5) -> float:
    """Return the mean seconds of a call over at least `least` seconds, after two calls that compile and warm up.

    It waits for the device only once, after the last call.
    """
    for _ in range(2):
        jax.block_until_ready(call())
    started = time.perf_counter()
    jax.block_until_ready(call())
    times = max(1, int(least / (time.perf_counter() - started)))
    started = time.perf_counter()
    for _ in range(times):
        result = call()
    jax.block_until_ready(result)
    return (time.perf_counter() - started) / times
