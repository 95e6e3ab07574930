"""Saves the best model, a checkpoint and the history of a training."""

import math
import time
from pathlib import Path
from typing import Any

import keras

from seq2edge.pipeline.evaluation.plots import plot_history
from seq2edge.pipeline.files import CHECKPOINT_FILE, HISTORY_FILE, write_csv
from seq2edge.pipeline.recipe_schema.recipe import Training
from seq2edge.pipeline.training.averaging import keep_epoch
from seq2edge.pipeline.training.checkpoint import save_checkpoint, save_model
from seq2edge.pipeline.training.parallel.distribution import undistributed
from seq2edge.pipeline.training.progress import Progress, is_better


class Checkpointer(keras.callbacks.Callback):
    """Writes the run after each epoch, and stops the training when patience is exhausted.

    Args:
        folder: Folder of the run.
        kept: The model to save as the best one. The checkpoint has the weights of the model in training.
        progress: Progress of the training, updated after each epoch.
        settings: The section `training` of the recipe: the deciding score, patience, number of epochs to average.
        far: Largest mean loss of an epoch whose weights may replace the checkpoint.
    """

    def __init__(self, folder: Path, kept: keras.Model, progress: Progress, settings: Training, far: float = math.inf):
        super().__init__()
        self.folder, self.kept, self.progress, self.settings, self.far = folder, kept, progress, settings, far

    def on_train_begin(self, logs: Any = None) -> None:
        self.started = time.monotonic() - self.progress.seconds

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        progress, settings = self.progress, self.settings
        value = values[f"val_{settings.stop_on}"]
        if is_better(settings.stop_on, value, progress.best):
            progress.best, progress.best_epoch = value, epoch
            with undistributed():
                save_model(self.folder, self.kept)
        if settings.average > 1:
            keep_epoch(self.folder, self.kept, epoch, settings.average)
        progress.epoch = epoch + 1
        progress.seconds = time.monotonic() - self.started
        progress.history.append({"epoch": epoch + 1, **values, "seconds": round(progress.seconds, 1)})
        write_csv(self.folder / HISTORY_FILE, progress.history)
        plot_history(progress.history, settings.stop_on, self.folder / "history.png")
        if values["loss"] <= self.far or not (self.folder / CHECKPOINT_FILE).is_file():
            save_checkpoint(self.folder, self.model, progress)
        if progress.finished(settings.epochs, settings.patience):
            self.model.stop_training = True
