"""Data parallel training: one model on every device, and a share of each batch."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.training.parallel.hosts import ARRIVAL, Hosts


@dataclass(frozen=True)
class Share:
    """The part of every batch that this process computes.

    Attributes:
        process: Number of this process.
        processes: How many there are.
        devices: Of all processes together; a batch's rows are a multiple of it.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, rows: int) -> slice:
        """The rows of a batch of so many that are this process' own."""
        each = rows // self.processes
        return slice(self.process * each, (self.process + 1) * each)


ALONE = Share()


def initialise(hosts: Hosts) -> None:
    """Let JAX join the processes; before anything is computed.

    Raises:
        UserError: If Keras runs on another backend, or JAX's port cannot be reached.
    """
    if keras.backend.backend() != "jax":
        raise UserError(f"--hosts needs KERAS_BACKEND=jax; the backend is {keras.backend.backend()!r}")
    import jax

    port = hosts.port + 1
    try:
        jax.distributed.initialize(
            f"{hosts.first_host}:{port}", len(hosts.addresses), hosts.process, initialization_timeout=int(ARRIVAL)
        )
    except RuntimeError as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"{hosts.name(0)}: JAX cannot be reached at port {port}: {reason}") from None


def data_parallel() -> tuple[Any, Share]:
    """Keras' distribution over the devices of all processes, None where there is but one, and this process' share."""
    if keras.backend.backend() != "jax":
        return None, ALONE
    import jax

    share = Share(jax.process_index(), jax.process_count(), jax.device_count())
    if share.devices == 1:
        return None, share
    return keras.distribution.DataParallel(auto_shard_dataset=False), share


@contextmanager
def undistributed() -> Iterator[None]:
    """Within it this process computes alone, on its first device: what it does there nobody has to do with it."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def from_first(values: list[np.ndarray]) -> list[np.ndarray]:
    """Process 0's values, in every process; all have to call it, with arrays of the same shapes."""
    from jax.experimental import multihost_utils

    return [np.asarray(value) for value in multihost_utils.broadcast_one_to_all(values)]


def digest(model: keras.Model) -> str:
    """A hash of all weights, to compare processes by."""
    sha = hashlib.sha256()
    for weight in model.trainable_weights:
        sha.update(np.ascontiguousarray(np.asarray(weight)).tobytes())
    return sha.hexdigest()
