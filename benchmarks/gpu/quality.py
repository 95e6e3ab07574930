"""Trains a recipe for a number of updates, and saves its weights every minute."""

import time
from collections import deque
from pathlib import Path
from typing import Any

import jax

from gpu.results import Results, save_weights
from gpu.steps import State, batch_shapes, compile_all, flat, prefetch, shape_of, state_of, update_of
from seq2edge.models.loss import SequenceLoss
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.data.sharding import WHOLE_BATCH
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.run import DATA_FOLDER
from seq2edge.pipeline.training.setup import set_up, training_batches

UPDATES_AHEAD = 20  # number of updates that are queued on the device before waiting for it
RESERVE = 8.0  # the weights are saved for the last time this many seconds before the deadline
COMPILING = 0.7  # largest share of the time for compilation
UPDATES_PER_VALIDATION = 250
VALIDATION_ROWS = 256

Best = tuple[float, list[Any]]  # validation loss and weights


def run_quality(settings: dict[str, Any], folder: Path, output: Path, part: str, deadline: float) -> None:
    """Train until all updates are done or the deadline is near."""
    results = Results(output)
    training = _Training(load_recipe(folder / f"{part}.toml"), Dataset.open(folder / DATA_FOLDER))
    started = time.monotonic()
    compiling = training.compile(started + COMPILING * (deadline - started))
    results.note(part, seconds_of_compiling=compiling, parameters=training.model.count_params())
    passes: deque[list[Any]] = deque(maxlen=settings["passes"])  # weights at the end of each pass over the data
    best: Best | None = None
    started = saved = time.monotonic()
    tokens, curve, stop = 0, [], False
    for done, (batch, real) in enumerate(prefetch(training.batches), start=1):
        loss = training.update(batch)
        tokens += real
        if done % training.batches.steps_per_pass == 0:
            passes.append(training.weights())
        if done % UPDATES_AHEAD == 0:
            jax.block_until_ready(loss)
            stop = time.monotonic() > deadline - RESERVE
        if done % UPDATES_PER_VALIDATION == 0:
            best = training.better(best)
        if stop or done == len(training.batches) or time.monotonic() - saved > settings["save_seconds"]:
            saved = time.monotonic()
            best = training.better(best)
            row = {"updates": done, "loss": float(loss), "seconds": round(saved - started, 1)}
            curve.append(row | _save(training, best, list(passes), output / part))
            speed = round(tokens / (saved - started))
            results.note(part, updates=done, tokens_per_second=speed, passes_averaged=len(passes), curve=curve)
            print(curve[-1], flush=True)
        if stop:
            results.note(part, stopped="its time limit was near")
            break


def _save(training: "_Training", best: Best, passes: list[list[Any]], path: Path) -> dict[str, float]:
    """Save the weights from which `collect` chooses as PATH-NAME-0.npz …. Returns their validation losses."""
    losses = {"validation_loss_best": best[0]}
    save_weights(path.parent, f"{path.name}-best", best[1])
    if passes:
        mean = [sum(weights) / len(passes) for weights in zip(*passes, strict=True)]
        save_weights(path.parent, f"{path.name}-mean", mean)
        losses["validation_loss_mean"] = training.validate(mean)
    return losses


class _Training:
    """The training that `seq2edge train` builds from a recipe, with its update as a function of a state."""

    def __init__(self, recipe: Recipe, data: Dataset):
        setup = set_up(recipe, data, WHOLE_BATCH)
        self.model, self.optimizer = setup.models.training, setup.fitted.optimizer
        self.loss = SequenceLoss(recipe.training.label_smoothing)
        updates = setup.steps_per_epoch * recipe.training.epochs
        self.batches = training_batches(recipe, data, steps=updates)
        rows = min(VALIDATION_ROWS, len(data.valid))
        valid = Batches(data.valid, collate_seq2seq, BatchOptions(batch_size=rows, buckets=1))
        self.valid = [flat(batch) for batch in valid]
        self.state: State = state_of(self.model, self.optimizer)

    def compile(self, deadline: float) -> float:
        """Compile the update for each batch shape, and the validation. Returns the seconds that this took.

        Raises:
            RuntimeError: If a program cannot be compiled before the deadline.
        """
        update = update_of(self.model, self.optimizer, self.loss)
        lowered: dict[Any, Any] = {
            (rows, *shape): update.lower(self.state, batch_shapes(rows, *shape))
            for rows, shape in zip(self.batches.batch_sizes, self.batches.shapes, strict=True)
        }
        lowered["validation"] = jax.jit(self._validation_loss).lower(self.state[0], self.state[1], self.valid[0])
        compiled = compile_all(lowered, deadline)
        if missing := set(lowered) - set(compiled.programs):
            raise RuntimeError(f"not compiled in {compiled.seconds} s: {missing}; errors: {compiled.errors}")
        self.programs = compiled.programs
        return compiled.seconds

    def update(self, batch: Any) -> Any:
        """Run one update. Returns the loss, which the device may still be computing."""
        self.state, loss = self.programs[shape_of(batch)](self.state, batch)
        return loss

    def weights(self) -> list[Any]:
        """Return copies of the weights, because an update donates their memory."""
        return [jax.numpy.copy(weight) for weight in self.state[0]]

    def averaged(self) -> list[Any]:
        """Return copies of the moving averages of the weights if the recipe has them, else of the weights."""
        if not self.optimizer.use_ema:
            return self.weights()
        averages = {id(variable) for variable in self.optimizer._model_variables_moving_average}
        variables = zip(self.optimizer.variables, self.state[2], strict=True)
        return [jax.numpy.copy(value) for variable, value in variables if id(variable) in averages]

    def better(self, best: Best | None) -> Best:
        """Return the current weights if their validation loss is the lowest so far, else the best ones."""
        weights = self.averaged()
        loss = self.validate(weights)
        return (loss, weights) if best is None or loss < best[0] else best

    def validate(self, weights: list[Any]) -> float:
        """Return the mean loss per validation token."""
        total, tokens = 0.0, 0
        for batch in self.valid:
            real = int((batch[2] != 0).sum())
            total += real * float(self.programs["validation"](weights, self.state[1], batch))
            tokens += real
        return round(total / tokens, 4)

    def _validation_loss(self, trainable: list[Any], others: list[Any], batch: Any) -> Any:
        source_ids, target_inputs, target_ids = batch
        logits, _ = self.model.stateless_call(trainable, others, [source_ids, target_inputs], training=False)
        return self.loss(target_ids, logits)
