"""Shows the progress of a training."""

import sys
from typing import Any

import keras
from tqdm import tqdm

STEPS_PER_UPDATE = 20  # number of steps between updates of the displayed loss


class ProgressBar(keras.callbacks.Callback):
    """One bar over all epochs with the remaining time, and a line of scores per epoch, on standard error."""

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
            disable=None,  # show the bar on a terminal only
            mininterval=1.0,
            dynamic_ncols=True,
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.bar.update()
        if logs and batch % STEPS_PER_UPDATE == 0:
            self.bar.set_postfix_str(f"loss {float(logs['loss']):.3f}", refresh=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        shown = {name: value for name, value in (logs or {}).items() if name.startswith(("loss", "val_"))}
        figures = "  ".join(f"{name.replace('val_', 'validation ')} {float(v):.3g}" for name, v in shown.items())
        self.bar.write(f"epoch {epoch + 1}/{self.epochs}  {figures}", file=sys.stderr)

    def on_train_end(self, logs: Any = None) -> None:
        self.bar.close()
