"""How far a training is, and which of two scores is better."""

from dataclasses import dataclass, field

HIGHER_IS_BETTER = {"loss": False, "bleu": True, "chrf": True, "exact_match": True}


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
    """Whether a value of "loss", "bleu", … improves on the best one so far."""
    if best is None:
        return True
    return value > best if HIGHER_IS_BETTER[score] else value < best
