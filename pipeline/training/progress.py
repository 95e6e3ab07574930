"""The progress of a training, and the comparison of scores."""

from dataclasses import dataclass, field

from seq2edge.pipeline.evaluation.metrics.registry import METRICS


@dataclass
class Progress:
    """State of a training that a checkpoint stores in addition to weights and optimizer.

    Attributes:
        epoch: Number of finished epochs.
        best: Best validation score so far.
        best_epoch: Index of the epoch with the best score.
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
        """Return whether all epochs are done, or the last `patience` epochs did not improve the score."""
        return self.epoch >= epochs or (self.epoch > 0 and self.epoch - 1 - self.best_epoch >= patience)


def is_better(score: str, value: float, best: float | None) -> bool:
    """Return whether a value is better than the best so far.

    Args:
        score: "loss", or the key of a metric.
        value: The new value.
        best: The best value so far, or None.
    """
    if best is None:
        return True
    higher = score != "loss" and METRICS[score].higher_is_better
    return value > best if higher else value < best
