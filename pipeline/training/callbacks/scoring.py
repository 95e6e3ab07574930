"""Callbacks that score the model after each epoch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from seq2edge.pipeline.files import write_text
from seq2edge.pipeline.training.parallel.distribution import undistributed
from seq2edge.pipeline.training.snapshot import Snapshot
from seq2edge.pipeline.training.validation import Validation


class TakeSnapshot(keras.callbacks.Callback):
    """Updates the snapshot that later callbacks score and save."""

    def __init__(self, snapshot: Snapshot):
        super().__init__()
        self.snapshot = snapshot

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.snapshot.take(self.model)


class ScoreValidation(keras.callbacks.Callback):
    """Decodes validation sentences, adds their scores to the logs, and writes some of the outputs.

    Args:
        validate: Decodes the sentences and returns their scores.
        path: File of the outputs, rewritten after each epoch.
    """

    def __init__(self, validate: Callable[[], Validation], path: Path):
        super().__init__()
        self.validate, self.path = validate, path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        with undistributed():
            validation = self.validate()
        if logs is not None:
            logs.update({f"val_{name}": value for name, value in validation.scores.items()})
        lines = [f"after epoch {epoch + 1}", ""]
        for source, hypothesis, reference in validation.samples:
            lines += [f"source      {source}", f"hypothesis  {hypothesis}", f"reference   {reference}", ""]
        write_text(self.path, "\n".join(lines))
