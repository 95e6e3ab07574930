"""Divides batches among several processes that train one model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """The part of every batch that belongs to this process.

    Attributes:
        process: Index of this process.
        processes: Number of processes.
        devices: Total number of devices of all processes. The number of rows in a batch is a multiple of it.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, batch_size: int) -> slice:
        """Return the rows of this process in a batch of `batch_size` rows."""
        each = batch_size // self.processes
        return slice(self.process * each, (self.process + 1) * each)


WHOLE_BATCH = Shard()
