"""What happens beside the steps of a training: scoring, keeping, stopping, telling."""

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from seq2edge.pipeline.checkpoint import Progress, save_checkpoint
from seq2edge.pipeline.plots import plot_history

HIGHER_IS_BETTER = {"loss": False, "bleu": True, "chrf": True, "exact_match": True}


class SeedDropout(keras.callbacks.Callback):
    """Sets every dropout seed from seed and epoch, since the seeds are not part of the saved weights."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        states = [v for v in self.model.variables if v.path.endswith("seed_generator_state")]
        values = np.random.default_rng([self.seed, epoch]).integers(0, 2**31, (len(states), 2))
        for state, value in zip(states, values, strict=True):
            state.assign(value.astype("uint32"))


class ScoreValidation(keras.callbacks.Callback):
    """Decodes validation sentences after each epoch, adds their scores to the logs, and keeps the outputs.

    Args:
        decode: From nothing to (sources, hypotheses, references, scores).
        path: samples.txt, written anew each time.
    """

    def __init__(self, decode: Callable[[], tuple[list[str], list[str], list[str], dict[str, float]]], path: Path):
        super().__init__()
        self.decode, self.path = decode, path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        sources, hypotheses, references, scores = self.decode()
        if logs is not None:
            logs.update({f"val_{name}": value for name, value in scores.items()})
        lines = [f"after epoch {epoch + 1}", ""]
        for source, hypothesis, reference in zip(sources, hypotheses, references, strict=True):
            lines += [f"source      {source}", f"hypothesis  {hypothesis}", f"reference   {reference}", ""]
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("\n".join(lines), encoding="utf-8")
        temporary.replace(self.path)


class KeepBest(keras.callbacks.Callback):
    """Keeps the best model, a checkpoint to go on from, the history and its plot; stops when patience is over."""

    def __init__(self, folder: Path, progress: Progress, score: str, patience: int):
        super().__init__()
        self.folder, self.progress, self.score, self.patience = folder, progress, score, patience

    def on_train_begin(self, logs: Any = None) -> None:
        self.started = time.monotonic() - self.progress.seconds

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        progress = self.progress
        value = values[f"val_{self.score}"]
        higher = HIGHER_IS_BETTER[self.score]
        better = progress.best is None or (value > progress.best if higher else value < progress.best)
        if better:
            progress.best, progress.best_epoch = value, epoch
            temporary = self.folder / "best.tmp.keras"
            self.model.save(temporary)
            temporary.replace(self.folder / "model.keras")
        progress.epoch = epoch + 1
        progress.seconds = time.monotonic() - self.started
        progress.history.append({"epoch": epoch + 1, **values, "seconds": round(progress.seconds, 1)})
        self._write_history()
        plot_history(progress.history, self.score, self.folder / "history.png")
        save_checkpoint(self.folder, self.model, progress)
        if epoch - progress.best_epoch >= self.patience:
            self.model.stop_training = True

    def _write_history(self) -> None:
        temporary = self.folder / "history.csv.tmp"
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.progress.history[0]))
            writer.writeheader()
            writer.writerows(self.progress.history)
        temporary.replace(self.folder / "history.csv")


class ShowProgress(keras.callbacks.Callback):
    """One bar over the whole training with the time left, and a line an epoch, on standard error."""

    def __init__(self, epochs: int, steps_per_epoch: int, first_epoch: int):
        super().__init__()
        self.epochs, self.steps_per_epoch, self.first_epoch = epochs, steps_per_epoch, first_epoch

    def on_train_begin(self, logs: Any = None) -> None:
        self.bar = tqdm(
            total=self.epochs * self.steps_per_epoch,
            initial=self.first_epoch * self.steps_per_epoch,
            unit="step",
            desc="train",
            file=sys.stderr,
            mininterval=1.0,
            dynamic_ncols=True,
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.bar.update()
        if logs and batch % 20 == 0:
            self.bar.set_postfix_str(f"loss {float(logs['loss']):.3f}", refresh=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        shown = {name: value for name, value in (logs or {}).items() if name.startswith(("loss", "val_"))}
        figures = "  ".join(f"{name.replace('val_', 'validation ')} {float(v):.3g}" for name, v in shown.items())
        self.bar.write(f"epoch {epoch + 1}/{self.epochs}  {figures}", file=sys.stderr)

    def on_train_end(self, logs: Any = None) -> None:
        self.bar.close()
