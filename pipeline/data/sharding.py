"""Which part of a batch a process computes when several processes train one model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """The part of every batch that belongs to this process.

    Attributes:
        process: Index of this process.
        processes: Number of processes.
        devices: Number of devices of all processes together. The rows of a batch are a multiple of it.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, batch_size: int) -> slice:
        """This process' rows of a batch with `batch_size` rows."""
        each = batch_size // self.processes
        return slice(self.process * each, (self.process + 1) * each)


WHOLE_BATCH = Shard()
