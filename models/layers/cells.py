"""Recurrent cells, and a layer that runs a cell over a whole sequence."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seq2edge.models.layers.loop import Loop
from seq2edge.models.layers.tensors import Policy, Shape, Tensor

STATES = {"rnn": 1, "gru": 1, "lstm": 2}  # h, and c of an LSTM


class _Cell(keras.layers.Layer):
    """Mixin for a Keras cell that separates the product with the inputs from the step.

    A sequence then needs one large product before the loop, in the forward and in the backward pass. Only the product
    with h stays inside the loop (Appleyard et al. 2016, section 3.1).
    """

    def project(self, inputs: Tensor) -> Tensor:
        """Multiply inputs `(..., width)` by the kernel and add the bias: `(..., gates * units)`.

        Inputs narrower than the kernel use its first rows. `project_rest` computes the product with the other rows.
        """
        kernel = self.kernel if inputs.shape[-1] == self.kernel.shape[0] else self.kernel[: inputs.shape[-1]]
        return ops.matmul(inputs, kernel) + self.input_bias

    def project_rest(self, inputs: Tensor) -> Tensor:
        """Multiply further inputs by the last rows of the kernel, without a bias."""
        return ops.matmul(inputs, self.kernel[-inputs.shape[-1] :])

    @property
    def input_bias(self) -> Tensor:
        return self.bias


@keras.saving.register_keras_serializable(package="seq2edge")
class RNNCell(_Cell, keras.layers.SimpleRNNCell):
    """An Elman cell."""

    def step(self, projected: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return h and the new states, given projected inputs `(batch, units)` and states `[h]`."""
        h = ops.tanh(projected + ops.matmul(states[0], self.recurrent_kernel))
        return h, [h]


@keras.saving.register_keras_serializable(package="seq2edge")
class GRUCell(_Cell, keras.layers.GRUCell):
    """A GRU cell that applies the reset gate after the product with h, as cuDNN does."""

    @property
    def input_bias(self) -> Tensor:
        return self.bias[0]

    def step(self, projected: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return h and the new states, given projected inputs `(batch, 3 * units)` and states `[h]`."""
        h = states[0]
        recurrent = ops.matmul(h, self.recurrent_kernel) + self.bias[1]
        update, reset, candidate = ops.split(projected, 3, axis=-1)
        recurrent_update, recurrent_reset, recurrent_candidate = ops.split(recurrent, 3, axis=-1)
        update = ops.sigmoid(update + recurrent_update)
        candidate = ops.tanh(candidate + ops.sigmoid(reset + recurrent_reset) * recurrent_candidate)
        h = update * h + (1 - update) * candidate
        return h, [h]


@keras.saving.register_keras_serializable(package="seq2edge")
class LSTMCell(_Cell, keras.layers.LSTMCell):
    """An LSTM cell without peepholes."""

    def step(self, projected: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return h and the new states, given projected inputs `(batch, 4 * units)` and states `[h, c]`."""
        h, c = states
        gates = projected + ops.matmul(h, self.recurrent_kernel)
        input_gate, forget_gate, cell_gate, output_gate = ops.split(gates, 4, axis=-1)
        c = ops.sigmoid(forget_gate) * c + ops.sigmoid(input_gate) * ops.tanh(cell_gate)
        h = ops.sigmoid(output_gate) * ops.tanh(c)
        return h, [h, c]


CELLS = {"rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell}


class Recurrence(keras.layers.Layer):
    """Runs one cell over a whole sequence.

    Args:
        cell: An instance of one of `CELLS`.
        dropout: Rate of dropout on h, with the same mask in all steps of a sentence (Gal & Ghahramani 2016). Keras' own
            `recurrent_dropout` multiplies each gate separately, which is several times slower.
        full_state: Return all states of each step instead of h only. Those of a sentence's last real step are its final
            states.
        unroll: As for `Loop`.
    Call arguments:
        inputs: `(batch, length, width)`.
        states: The cell's initial states, each `(batch, units)`, h first.
    Returns:
        h of each step, `(batch, length, units)`, or all states of each step, `(batch, length, states * units)`.
    """

    def __init__(
        self, cell: Any, dropout: float = 0.0, full_state: bool = False, unroll: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.cell = cell
        self.hide = keras.layers.Dropout(dropout, dtype=self.dtype_policy) if dropout else None
        self.loop = Loop(_LoopCell(cell, bool(dropout), full_state), unroll, dtype=self.dtype_policy)

    def build(self, inputs_shape: Shape, states_shape: Any = None) -> None:
        self.cell.build((None, inputs_shape[-1]))
        self.loop.built = True

    def call(self, inputs: Tensor, states: Sequence[Tensor], training: bool = False) -> Tensor:
        return self.loop(self.cell.project(inputs), initial_state=[*states, *self.masks(states[0], training)])

    def masks(self, h: Tensor, training: bool) -> list[Tensor]:
        """Return the dropout mask by which h is multiplied in all steps, `[(batch, units)]`; empty without dropout."""
        return [self.hide(ops.ones_like(h), training=training)] if self.hide else []


class _LoopCell:
    """A cell for `Loop` that takes projected inputs. A mask on h is passed as a state that does not change."""

    def __init__(self, cell: Any, masked: bool, full_state: bool) -> None:
        self.cell, self.masked, self.full_state = cell, masked, full_state
        sizes = cell.state_size
        states = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
        self.state_size = [*states, *([cell.units] if masked else [])]
        self.output_size = cell.units * (len(states) if full_state else 1)
        self.compute_dtype = cell.compute_dtype

    def __call__(
        self, projected: Tensor, states: Sequence[Tensor], training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        h, *rest = states
        mask = [rest.pop()] if self.masked else []
        output, new_states = self.cell.step(projected, [h * mask[0] if mask else h, *rest])
        return ops.concatenate(new_states, axis=-1) if self.full_state else output, [*new_states, *mask]

    call = __call__


def sequence_dropout(rate: float, variational: bool, dtype: Policy) -> keras.layers.Dropout:
    """Return dropout on `(batch, length, width)`; variational: it drops the same features at all positions."""
    return keras.layers.Dropout(rate, noise_shape=(None, 1, None) if variational else None, dtype=dtype)
