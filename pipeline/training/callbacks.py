"""What happens beside the steps of a training: scoring, keeping, stopping, telling."""

import csv
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from seq2edge.device.errors import UserError
from seq2edge.pipeline.evaluation.plots import plot_history
from seq2edge.pipeline.training.averaging import Snapshot, keep_epoch
from seq2edge.pipeline.training.checkpoint import Progress, save_checkpoint
from seq2edge.pipeline.training.parallel.distribution import digest, undistributed
from seq2edge.pipeline.training.parallel.hosts import Hosts

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


class TakeSnapshot(keras.callbacks.Callback):
    """Takes what the callbacks after it score and keep."""

    def __init__(self, snapshot: Snapshot):
        super().__init__()
        self.snapshot = snapshot

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.snapshot.take(self.model)


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
        with undistributed():
            sources, hypotheses, references, scores = self.decode()
        if logs is not None:
            logs.update({f"val_{name}": value for name, value in scores.items()})
        lines = [f"after epoch {epoch + 1}", ""]
        for source, hypothesis, reference in zip(sources, hypotheses, references, strict=True):
            lines += [f"source      {source}", f"hypothesis  {hypothesis}", f"reference   {reference}", ""]
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("\n".join(lines), encoding="utf-8")
        temporary.replace(self.path)


class ReduceLROnPlateau(keras.callbacks.Callback):
    """Halves the learning rate after every `patience` epochs without a better score.

    The rate is a function of the history, so that a resumed training goes on with the same one.
    """

    def __init__(self, progress: Progress, score: str, peak: float, patience: int):
        super().__init__()
        self.progress, self.score, self.peak, self.patience = progress, score, peak, patience

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.optimizer.learning_rate = self.peak * 0.5 ** self.halvings()

    def halvings(self) -> int:
        best: float | None = None
        waited, halvings = 0, 0
        for row in self.progress.history:
            value = row[f"val_{self.score}"]
            if is_better(self.score, value, best):
                best, waited = value, 0
            else:
                waited += 1
                if waited == self.patience:
                    halvings, waited = halvings + 1, 0
        return halvings


class StartEpoch(keras.callbacks.Callback):
    """Tells an objective that changes over the epochs which one begins."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.start_epoch(epoch, self.params["epochs"])


class TerminateOnNaN(keras.callbacks.Callback):
    """Ends a training whose loss is no longer a number, naming the step and the sentences of its batch.

    Args:
        sentences: From the number of a batch, counted from the start of this `fit`, to its source sentences.
    """

    def __init__(self, steps_per_epoch: int, first_epoch: int, sentences: Callable[[int], list[str]]):
        super().__init__()
        self.steps_per_epoch, self.first_epoch, self.sentences = steps_per_epoch, first_epoch, sentences

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if logs and not math.isfinite(float(logs["loss"])):
            index = (self.epoch - self.first_epoch) * self.steps_per_epoch + batch
            shown = "\n".join(f"  {sentence}" for sentence in self.sentences(index))
            raise UserError(
                f"the loss is {float(logs['loss'])} at step {self.epoch * self.steps_per_epoch + batch + 1} (epoch "
                f"{self.epoch + 1}); the checkpoint of epoch {self.epoch} is kept. A smaller training.learning_rate or "
                f'clip_norm, or precision = "float32" helps. The batch\'s sources:\n{shown}'
            )


def is_better(score: str, value: float, best: float | None) -> bool:
    if best is None:
        return True
    return value > best if HIGHER_IS_BETTER[score] else value < best


class Checkpointer(keras.callbacks.Callback):
    """Keeps the best model, a checkpoint to go on from, the history and its plot; stops when patience is over.

    Args:
        kept: The model that is kept.
        average: Last epochs whose weights are kept for their mean; 1 keeps none.
    """

    def __init__(self, folder: Path, kept: keras.Model, progress: Progress, score: str, patience: int, average: int):
        super().__init__()
        self.folder, self.kept, self.progress = folder, kept, progress
        self.score, self.patience, self.average = score, patience, average

    def on_train_begin(self, logs: Any = None) -> None:
        self.started = time.monotonic() - self.progress.seconds

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        progress = self.progress
        value = values[f"val_{self.score}"]
        if is_better(self.score, value, progress.best):
            progress.best, progress.best_epoch = value, epoch
            with undistributed():
                save_model(self.kept, self.folder)
        if self.average > 1:
            keep_epoch(self.folder, self.kept, epoch, self.average)
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


class SynchronizeProcesses(keras.callbacks.Callback):
    """At the end of an epoch waits for the other processes, and takes over what process 0 has decided.

    Raises:
        RuntimeError: If their weights are no longer the same.
    """

    def __init__(self, hosts: Hosts, kept: keras.Model, progress: Progress):
        super().__init__()
        self.hosts, self.kept, self.progress = hosts, kept, progress

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        mine = {"weights": digest(self.kept), "progress": vars(self.progress), "stop": self.model.stop_training}
        everybody = self.hosts.exchange(mine)
        for process, theirs in enumerate(everybody):
            if theirs["weights"] != everybody[0]["weights"]:
                raise RuntimeError(
                    f"after epoch {epoch + 1} {self.hosts.name(process)} has other weights than process 0"
                )
        vars(self.progress).update(everybody[0]["progress"])
        self.model.stop_training = everybody[0]["stop"]


def save_model(model: keras.Model, folder: Path) -> None:
    """Write FOLDER/model.keras over the former one."""
    temporary = folder / "best.tmp.keras"
    model.save(temporary)
    temporary.replace(folder / "model.keras")


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
