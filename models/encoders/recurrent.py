"""A stacked recurrent encoder whose outputs do not depend on padding."""

from typing import Any

import keras
from keras import ops

from seq2edge.models.encoders.config import RecurrentEncoderConfig
from seq2edge.models.encoders.interface import Encoded
from seq2edge.models.layers.cells import CELLS, STATES, Recurrence, sequence_dropout
from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="seq2edge")
class RecurrentEncoder(ConfiguredLayer):
    """Reads embedded source tokens in one or both directions.

    The recurrent loop needs no mask, which keeps it fast on every backend: the forward direction never sees padding
    before a real token, and the backward direction reads each sentence reversed within its own length. Final states
    are taken at each sentence's last real token.

    Args:
        config: Settings of the layers.
        units: Width of the memory. With two directions each has half of it.
        dropout: Rate of dropout between layers.
        variational_dropout: Use one dropout mask for all steps of a sentence, and also on recurrent states.
        unroll: As for `Loop`.
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        `Encoded`.
    Raises:
        ValueError: If the settings do not fit the units.
    """

    CONFIG = RecurrentEncoderConfig
    SETTINGS = ("units", "dropout", "variational_dropout", "unroll")
    config: RecurrentEncoderConfig

    def __init__(
        self,
        config: RecurrentEncoderConfig,
        units: int = 256,
        dropout: float = 0.0,
        variational_dropout: bool = False,
        unroll: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if mistakes := list(config.mistakes(units)):
            raise ValueError("\n".join(mistakes))
        self.config, self.units = config, units
        self.dropout, self.variational_dropout, self.unroll = dropout, variational_dropout, unroll
        self.width = units // 2 if config.bidirectional else units  # of one direction
        policy, layers = self.dtype_policy, range(config.layers)
        self.forward_layers = [self._recurrence(f"forward_{i}") for i in layers]
        self.backward_layers = [self._recurrence(f"backward_{i}") for i in layers if config.bidirectional]
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in layers if config.layer_norm]
        self.dropouts = [sequence_dropout(dropout, variational_dropout, policy) for _ in layers[1:]]

    def _recurrence(self, name: str) -> Recurrence:
        cell = CELLS[self.config.kind](self.width, name="cell", dtype=self.dtype_policy)
        hidden = self.dropout if self.variational_dropout else 0.0
        return Recurrence(cell, hidden, full_state=True, unroll=self.unroll, name=name, dtype=self.dtype_policy)

    def build(self, embedded_shape: Shape, memory_mask_shape: Shape | None = None) -> None:
        shape = tuple(embedded_shape)
        for layer in range(self.config.layers):
            self.forward_layers[layer].build(shape)
            if self.config.bidirectional:
                self.backward_layers[layer].build(shape)
            shape = (*shape[:2], self.units)
            if self.config.layer_norm:
                self.norms[layer].build(shape)

    def call(self, embedded: Tensor, memory_mask: Tensor, training: bool = False) -> Encoded:
        positions = ops.expand_dims(ops.arange(ops.shape(embedded)[1], dtype="int32"), 0)
        last = ops.sum(ops.cast(memory_mask, "int32"), axis=1, keepdims=True) - 1  # (batch, 1)
        reversal = ops.where(positions <= last, last - positions, positions)
        zeros = [ops.zeros((ops.shape(embedded)[0], self.width), embedded.dtype)] * STATES[self.config.kind]
        outputs, states = embedded, []
        for layer in range(self.config.layers):
            inputs = outputs
            forward = self.forward_layers[layer](inputs, zeros, training=training)
            directions, finals = [forward], [_take(forward, last)]
            if self.config.bidirectional:
                backward = self.backward_layers[layer](_take(inputs, reversal), zeros, training=training)
                directions.append(_take(backward, reversal))
                finals.append(_take(backward, last))
            outputs = ops.concatenate([direction[..., : self.width] for direction in directions], axis=-1)
            if self.config.layer_norm:
                outputs = self.norms[layer](outputs)
            if self.config.residual and layer > 0:
                outputs = outputs + inputs
            states.append(
                [
                    ops.concatenate([final[:, 0, start : start + self.width] for final in finals], axis=-1)
                    for start in range(0, forward.shape[-1], self.width)  # h, then c
                ]
            )
            if layer < self.config.layers - 1:
                outputs = self.dropouts[layer](outputs, training=training)
        return Encoded(outputs * ops.cast(ops.expand_dims(memory_mask, 2), outputs.dtype), memory_mask, states)


def _take(sequence: Tensor, positions: Tensor) -> Tensor:
    """Gather vectors of a sequence `(batch, length, width)` at positions `(batch, n)`: `(batch, n, width)`.

    This takes rows of the flattened sequence. `take_along_axis` would pick single numbers, and its gradient would add
    them one by one.
    """
    rows, length = ops.shape(sequence)[0], ops.shape(sequence)[1]
    first = ops.expand_dims(ops.arange(rows, dtype="int32") * length, 1)
    return ops.take(ops.reshape(sequence, (-1, sequence.shape[-1])), first + positions, axis=0)
