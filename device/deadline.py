"""Deadlines, and models that stop after one."""

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from seq2edge.device.classifier_model import ClassifierModel, ClassifierOutput
from seq2edge.device.errors import UserError
from seq2edge.device.processors.interface import Features
from seq2edge.device.search.model import GreedyOutput, SequenceModel, StepOutput, Vocabulary
from seq2edge.device.search.options import DecodingOptions


class TimeoutExceededError(UserError):
    """A request was not answered before its deadline."""


class Deadline:
    """A point in time, `seconds` from now."""

    def __init__(self, seconds: float):
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Raise a `TimeoutExceededError` if the deadline has passed."""
        if time.monotonic() > self.end:
            raise TimeoutExceededError(f"the request took longer than {self.seconds:g} seconds")

    def stop(self) -> None:
        """Move the deadline to now, because the client has left."""
        self.end = -math.inf


class LimitedSequenceModel(SequenceModel):
    """Wraps a model and raises a `TimeoutExceededError` if it is called after the deadline."""

    def __init__(self, model: SequenceModel, deadline: Deadline):
        self.model, self.deadline = model, deadline
        self.mutable, self.max_batch_size = model.mutable, model.max_batch_size

    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        self.deadline.check()
        return self.model.encode(sources, vocabulary)

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        self.deadline.check()
        return self.model.step(token_ids, memory, sentence, states)

    def check_beam(self, beam: int) -> None:
        self.model.check_beam(beam)

    def greedy(self, source: Features, options: DecodingOptions) -> GreedyOutput | None:
        self.deadline.check()
        return self.model.greedy(source, options)


class LimitedClassifierModel(ClassifierModel):
    """Wraps a model and raises a `TimeoutExceededError` if it is called after the deadline."""

    def __init__(self, model: ClassifierModel, deadline: Deadline):
        self.model, self.deadline = model, deadline

    def classify(self, sources: Sequence[Features]) -> list[ClassifierOutput]:
        self.deadline.check()
        return self.model.classify(sources)
