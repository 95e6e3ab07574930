"""A stacked recurrent encoder whose result does not depend on padding."""

import keras
from keras import ops

from seq2edge.models.layers.cells import CELLS, STATES, Recurrence, sequence_dropout


@keras.saving.register_keras_serializable(package="seq2edge")
class RecurrentEncoder(keras.layers.Layer):
    """Reads embedded source tokens in one or both directions.

    No mask enters the recurrent loop, which keeps it fast on every backend: the forward direction never sees padding
    before a real token, and the backward direction reads each sentence reversed within its own length. Final states
    are taken at each sentence's last real token.

    Args:
        cell: "rnn", "gru" or "lstm".
        units: Width of the memory; each direction has half of it when `bidirectional`.
        num_layers: Stacked layers.
        bidirectional: Read both ways.
        dropout: Between layers.
        residual: Each layer above the first adds its input to its output (Wu et al. 2016, section 3.1).
        layer_norm: Each layer's output is normalised (Ba et al. 2016) before its input is added.
        variational_dropout: One mask for all steps of a sentence, on recurrent states too.
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
    Returns:
        Memory `(batch, source_length, units)`, zero on padding, and the final states of each layer, a list of lists of
        `(batch, units)`: [h, c] of layer 0, [h, c] of layer 1 … (h alone unless "lstm").
    """

    def __init__(
        self,
        cell="lstm",
        units=256,
        num_layers=1,
        bidirectional=True,
        dropout=0.0,
        residual=False,
        layer_norm=False,
        variational_dropout=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}. Received: cell={cell!r}")
        if bidirectional and units % 2:
            raise ValueError(f"units must be even for a bidirectional encoder. Received: units={units}")
        self.cell, self.units, self.num_layers = cell, units, num_layers
        self.bidirectional, self.dropout, self.residual = bidirectional, dropout, residual
        self.layer_norm, self.variational_dropout = layer_norm, variational_dropout
        policy = self.dtype_policy
        self.forward_layers = [self._recurrence(f"forward_{i}") for i in range(num_layers)]
        self.backward_layers = [self._recurrence(f"backward_{i}") for i in range(num_layers if bidirectional else 0)]
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in range(num_layers if layer_norm else 0)]
        self.dropouts = [sequence_dropout(dropout, variational_dropout, policy) for _ in range(num_layers - 1)]

    def _recurrence(self, name):
        cell = CELLS[self.cell](self._width, name="cell", dtype=self.dtype_policy)
        hidden = self.dropout if self.variational_dropout else 0.0
        return Recurrence(cell, hidden, full_state=True, name=name, dtype=self.dtype_policy)

    @property
    def _width(self):
        return self.units // 2 if self.bidirectional else self.units

    def build(self, embedded_shape, memory_mask_shape=None):
        shape = tuple(embedded_shape)
        for layer in range(self.num_layers):
            self.forward_layers[layer].build(shape)
            if self.bidirectional:
                self.backward_layers[layer].build(shape)
            shape = (*shape[:2], self.units)
            if self.layer_norm:
                self.norms[layer].build(shape)

    def call(self, embedded, memory_mask, training=False):
        positions = ops.expand_dims(ops.arange(ops.shape(embedded)[1], dtype="int32"), 0)
        last = ops.sum(ops.cast(memory_mask, "int32"), axis=1, keepdims=True) - 1  # (batch, 1)
        reversal = ops.where(positions <= last, last - positions, positions)
        zeros = [ops.zeros((ops.shape(embedded)[0], self._width), embedded.dtype)] * STATES[self.cell]
        outputs, states = embedded, []
        for layer in range(self.num_layers):
            inputs = outputs
            forward = self.forward_layers[layer](inputs, zeros, training=training)
            directions, finals = [forward], [_take(forward, last)]
            if self.bidirectional:
                backward = self.backward_layers[layer](_take(inputs, reversal), zeros, training=training)
                directions.append(_take(backward, reversal))
                finals.append(_take(backward, last))
            outputs = ops.concatenate([direction[..., : self._width] for direction in directions], axis=-1)
            if self.layer_norm:
                outputs = self.norms[layer](outputs)
            if self.residual and layer > 0:
                outputs = outputs + inputs
            states.append(
                [
                    ops.concatenate([final[:, 0, start : start + self._width] for final in finals], axis=-1)
                    for start in range(0, forward.shape[-1], self._width)  # h, then c
                ]
            )
            if layer < self.num_layers - 1:
                outputs = self.dropouts[layer](outputs, training=training)
        return outputs * ops.cast(ops.expand_dims(memory_mask, 2), outputs.dtype), states

    def get_config(self):
        return {
            **super().get_config(),
            "cell": self.cell,
            "units": self.units,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "residual": self.residual,
            "layer_norm": self.layer_norm,
            "variational_dropout": self.variational_dropout,
        }


def _take(sequence, positions):
    """`(batch, length, width)` at `(batch, n)` positions: `(batch, n, width)`.

    Rows of the flat sequence: `take_along_axis` picks single numbers, and its gradient adds them one by one.
    """
    rows, length = ops.shape(sequence)[0], ops.shape(sequence)[1]
    first = ops.expand_dims(ops.arange(rows, dtype="int32") * length, 1)
    return ops.take(ops.reshape(sequence, (-1, sequence.shape[-1])), first + positions, axis=0)
