"""Adapts a Keras model to the device's search, so that it is scored with the code that runs on the device."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from seq2edge.device.batching import add_rows, pad_sources
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.models.encoders.build import padded_length
from seq2edge.models.seq2seq import Seq2Seq

ROW_MULTIPLE = 16  # rows of a step are padded to a multiple of this, so that there are few shapes to compile


class KerasSequenceModel(SequenceModel):
    """A `seq2edge.device.search.model.SequenceModel` that calls the encoder and decoder step of a `Seq2Seq`."""

    max_batch_size = 64

    def __init__(self, model: Seq2Seq):
        self.encoder, self.decoder_step, self.unknown = model.encoder, model.decoder_step, model.config.unknown
        self.shared_names, self.state_names = model.shared_names, model.state_names
        self.mutable: Sequence[bool] = [True] * len(self.state_names)
        for half in (self.encoder, self.decoder_step):
            half.jit_compile = False  # there are too many shapes to compile

    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        """Encode sources as one batch, padded to one length.

        Returns:
            The encoder's outputs that all steps share, by name, and the initial states of the decoder.
        """
        length = padded_length(max(map(source_length, sources)))
        padded = pad_sources(sources, length)
        inputs = keras.tree.map_structure(lambda tensor: padded[tensor.name], self.encoder.input)
        encoded = self.encoder.predict_on_batch(inputs)
        states = [encoded[name] for name in self.state_names]
        return {name: encoded[name] for name in self.shared_names}, states

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        rows = len(token_ids)
        extra = -rows % ROW_MULTIPLE
        outputs = self.decoder_step.predict_on_batch(
            {
                "token_ids": add_rows(token_ids.astype(np.int32), extra),
                **{name: add_rows(shared[sentence], extra) for name, shared in memory.items()},
                **{name: add_rows(state, extra) for name, state in zip(self.state_names, states, strict=True)},
            }
        )
        return StepOutput(
            logits=outputs["logits"][:rows],
            states=[outputs[name][:rows] for name in self.state_names],
            attention=outputs["attention"][:rows] if "attention" in outputs else None,
            unknown=self.unknown,
        )
