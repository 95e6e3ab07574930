"""Warm start: initialise a model with the weights of an earlier run."""

import dataclasses

from seq2edge.device.errors import UserError
from seq2edge.models.seq2seq import Seq2Seq, Seq2SeqConfig
from seq2edge.pipeline.run import Run, model_config

FREE_SETTINGS = ("dropout", "variational_dropout")  # settings that have no weights


def check_weights_fit(initial_run: Run, config: Seq2SeqConfig) -> None:
    """Check that a run's weights fit a model.

    Raises:
        UserError: With both values of every setting that differs.
    """
    before = dataclasses.asdict(model_config(initial_run.recipe, initial_run.data))
    now = dataclasses.asdict(config)
    differing = [
        f"{key}: {before.get(key)!r} there, {now[key]!r} now"
        for key in now
        if before.get(key) != now[key] and key not in FREE_SETTINGS
    ]
    if differing:
        raise UserError(f"{initial_run.path}: its weights do not fit this recipe's model; " + "; ".join(differing))


def load_initial_weights(initial_run: Run, model: Seq2Seq) -> None:
    """Assign the weights of an earlier run to a new model.

    Raises:
        UserError: If they do not fit.
    """
    check_weights_fit(initial_run, model.config)
    values = initial_run.model().training.trainable_weights
    for weight, value in zip(model.training.trainable_weights, values, strict=True):
        weight.assign(value)
