"""Recurrent cells, and the loops over them."""

import keras
from keras import ops

CELLS = {"rnn": keras.layers.SimpleRNNCell, "gru": keras.layers.GRUCell, "lstm": keras.layers.LSTMCell}
STATES = {"rnn": 1, "gru": 1, "lstm": 2}  # h, and c of an LSTM


@keras.saving.register_keras_serializable(package="seq2edge")
class FullStateLSTMCell(keras.layers.LSTMCell):
    """An LSTM cell whose output is its whole state, h and c side by side, so that any step's state can be taken."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.output_size = 2 * units

    def call(self, inputs, states, training=False):
        _, states = super().call(inputs, states, training=training)
        return ops.concatenate(states, axis=-1), states


class Recurrence(keras.layers.Layer):
    """One cell over a whole sequence.

    Args:
        cell: A recurrent cell of Keras.
        dropout: Share of h that is hidden from the next step, the same part in all steps of a sentence (Gal &
            Ghahramani 2016). Keras' own `recurrent_dropout` multiplies each gate apart, which is several times slower.
    Call arguments:
        inputs: `(batch, length, width)`.
        states: As many `(batch, units)` as the cell has; h first.
    Returns:
        The cell's outputs, `(batch, length, output_size)`.
    """

    def __init__(self, cell, dropout: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        self.hide = keras.layers.Dropout(dropout, dtype=self.dtype_policy) if dropout else None
        loop = _VariationalCell(cell) if dropout else cell
        self.loop = keras.layers.RNN(loop, return_sequences=True, dtype=self.dtype_policy)

    def build(self, inputs_shape, states_shape=None):
        self.cell.build((None, inputs_shape[-1]))
        self.loop.built = True

    def call(self, inputs, states, training=False):
        return self.loop(inputs, initial_state=[*states, *self.masks(states[0], training)], training=training)

    def masks(self, h, training) -> list:
        """What h is multiplied with in all steps, `(batch, units)`; nothing where nothing is hidden."""
        return [self.hide(ops.ones_like(h), training=training)] if self.hide else []


class _VariationalCell:
    """A cell that hides a part of h, for `keras.layers.RNN`: the mask travels as a state that does not change."""

    def __init__(self, cell):
        self.cell = cell
        self.state_size = [*as_list(cell.state_size), cell.units]
        self.output_size = cell.output_size
        self.compute_dtype = cell.compute_dtype

    def __call__(self, inputs, states, training=False):
        h, *rest, mask = states
        outputs, new_states = self.cell(inputs, [h * mask, *rest], training=training)
        return outputs, [*as_list(new_states), mask]

    call = __call__


def as_list(states) -> list:
    """A cell's states or state sizes; a single one stands alone in Keras."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def sequence_dropout(rate: float, variational: bool, dtype) -> keras.layers.Dropout:
    """Dropout on `(batch, length, width)`; variational: the same features in all positions of a sentence."""
    return keras.layers.Dropout(rate, noise_shape=(None, 1, None) if variational else None, dtype=dtype)
