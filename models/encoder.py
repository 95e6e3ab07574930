"""A stacked recurrent encoder whose result does not depend on padding."""

import keras
from keras import ops

CELLS = {"lstm": keras.layers.LSTMCell, "gru": keras.layers.GRUCell}


@keras.saving.register_keras_serializable(package="seq2edge")
class FullStateLSTMCell(keras.layers.LSTMCell):
    """An LSTM cell whose output is its whole state, h and c side by side, so that any step's state can be taken."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.output_size = 2 * units

    def call(self, inputs, states, training=False):
        _, states = super().call(inputs, states, training=training)
        return ops.concatenate(states, axis=-1), states


@keras.saving.register_keras_serializable(package="seq2edge")
class RecurrentEncoder(keras.layers.Layer):
    """Reads embedded source tokens in one or both directions.

    No mask enters the recurrent loop, which keeps it fast on every backend: the forward direction never sees padding
    before a real token, and the backward direction reads each sentence reversed within its own length. Final states
    are taken at each sentence's last real token.

    Args:
        cell: "lstm" or "gru".
        units: Width of the memory; each direction has half of it when `bidirectional`.
        num_layers: Stacked layers.
        bidirectional: Read both ways.
        dropout: Between layers.
        residual: Each layer adds its input to its output, where both are equally wide (Wu et al. 2016, section 3.1).
    Call arguments:
        embedded: `(batch, source_length, embedding)`.
        lengths: Real tokens of each sentence, int32 `(batch,)`.
    Returns:
        Memory `(batch, source_length, units)`, zero on padding, and the final states of every layer, a flat list of
        `(batch, units)`: h, c of layer 0, h, c of layer 1 … (GRU: h alone).
    """

    def __init__(self, cell="lstm", units=256, num_layers=1, bidirectional=True, dropout=0.0, residual=False, **kwargs):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}. Received: cell={cell!r}")
        if bidirectional and units % 2:
            raise ValueError(f"units must be even for a bidirectional encoder. Received: units={units}")
        self.cell, self.units, self.num_layers = cell, units, num_layers
        self.bidirectional, self.dropout, self.residual = bidirectional, dropout, residual
        width = units // 2 if bidirectional else units
        self.forward_layers = [self._recurrent(width, f"forward_{i}") for i in range(num_layers)]
        self.backward_layers = [
            self._recurrent(width, f"backward_{i}") for i in range(num_layers if bidirectional else 0)
        ]
        self.dropouts = [keras.layers.Dropout(dropout, dtype=self.dtype_policy) for _ in range(num_layers - 1)]

    def _recurrent(self, units, name):
        cell = FullStateLSTMCell if self.cell == "lstm" else keras.layers.GRUCell
        cell = cell(units, dtype=self.dtype_policy)
        return keras.layers.RNN(cell, return_sequences=True, name=name, dtype=self.dtype_policy)

    def build(self, embedded_shape, lengths_shape=None):
        shape = tuple(embedded_shape)
        for layer in range(self.num_layers):
            self.forward_layers[layer].build(shape)
            if self.bidirectional:
                self.backward_layers[layer].build(shape)
            shape = (*shape[:2], self.units)

    def call(self, embedded, lengths, training=False):
        positions = ops.expand_dims(ops.arange(ops.shape(embedded)[1], dtype="int32"), 0)
        last = ops.expand_dims(lengths - 1, 1)  # (batch, 1)
        reversal = ops.where(positions <= last, last - positions, positions)
        outputs, states = embedded, []
        for layer in range(self.num_layers):
            forward = self.forward_layers[layer](outputs)
            directions, finals = [forward], [_take(forward, last)]
            if self.bidirectional:
                backward = self.backward_layers[layer](_take(outputs, reversal))
                directions.append(_take(backward, reversal))
                finals.append(_take(backward, last))
            width = self.units // len(directions)
            inputs = outputs
            outputs = ops.concatenate([direction[..., :width] for direction in directions], axis=-1)
            if self.residual and inputs.shape[-1] == self.units:
                outputs = outputs + inputs
            for start in range(0, forward.shape[-1], width):  # h, then c
                state = [final[:, 0, start : start + width] for final in finals]
                states.append(ops.concatenate(state, axis=-1))
            if layer < self.num_layers - 1:
                outputs = self.dropouts[layer](outputs, training=training)
        mask = ops.cast(ops.expand_dims(positions <= last, 2), outputs.dtype)
        return outputs * mask, states

    def get_config(self):
        return {
            **super().get_config(),
            "cell": self.cell,
            "units": self.units,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "residual": self.residual,
        }


def _take(sequence, positions):
    """`(batch, length, width)` at `(batch, n)` positions: `(batch, n, width)`."""
    return ops.take_along_axis(sequence, ops.expand_dims(positions, 2), axis=1)
