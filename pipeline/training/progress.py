"""How far a training is, and which of two scores is better."""

from dataclasses import dataclass, field

from seq2edge.pipeline.evaluation.metrics.registry import METRICS


@dataclass
class Progress:
    """State of a training that a checkpoint keeps beside weights and optimizer.

    Attributes:
        epoch: Number of finished epochs.
        best: Best validation score so far.
        best_epoch: Index of the epoch that reached it.
        seconds: Time spent in training.
        averaged: Whether the mean of the last epochs' weights has been evaluated.
        history: Losses and scores of each epoch.
    """

    epoch: int = 0
    best: float | None = None
    best_epoch: int = 0
    seconds: float = 0.0
    averaged: bool = False
    history: list[dict[str, float]] = field(default_factory=list)

    def finished(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done, or the last `patience` epochs brought no better score."""
        return self.epoch >= epochs or (self.epoch > 0 and self.epoch - 1 - self.best_epoch >= patience)


def is_better(score: str, value: float, best: float | None) -> bool:
    """Whether a value of the loss, or of a metric by its key, improves on the best one so far."""
    if best is None:
        return True
    higher = score != "loss" and METRICS[score].higher_is_better
    return value > best if higher else value < best
