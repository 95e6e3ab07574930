"""Data parallel training: the same model on every device of every process, and a part of each batch."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.sharding import WHOLE_BATCH, Shard
from seq2edge.pipeline.training.parallel.hosts import ARRIVAL_TIMEOUT, Hosts


def initialise(hosts: Hosts) -> None:
    """Connect JAX to the other processes. Call this before any computation.

    Raises:
        UserError: If Keras runs on another backend, or JAX's port cannot be reached.
    """
    if keras.backend.backend() != "jax":
        raise UserError(f"--hosts needs KERAS_BACKEND=jax; the backend is {keras.backend.backend()!r}")
    import jax

    port = hosts.port + 1
    try:
        jax.distributed.initialize(
            f"{hosts.first_host}:{port}",
            len(hosts.addresses),
            hosts.process,
            initialization_timeout=int(ARRIVAL_TIMEOUT),
        )
    except RuntimeError as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"{hosts.name(0)}: JAX cannot be reached at port {port}: {reason}") from None


@contextmanager
def data_parallel() -> Iterator[Shard]:
    """Build and train models on all devices of all processes, inside a with block.

    Yields:
        The part of each batch that belongs to this process.
    """
    if keras.backend.backend() != "jax":
        yield WHOLE_BATCH
        return
    import jax

    shard = Shard(jax.process_index(), jax.process_count(), jax.device_count())
    if shard.devices == 1:
        yield shard
        return
    with keras.distribution.DataParallel(auto_shard_dataset=False).scope():
        yield shard


@contextmanager
def undistributed() -> Iterator[None]:
    """Compute on the first device of this process, without collective operations, inside a with block."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
