"""A loop over the steps of a sequence, which can be unrolled in part."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seq2edge.models.layers.tensors import Tensor


class Loop(keras.layers.RNN):
    """`keras.layers.RNN` that returns the output of every step.

    Args:
        cell: Called with the inputs of one step and the states. Returns the output and the new states.
        unroll_steps: Number of steps in one iteration of JAX's loop. A GPU takes longer to start a small kernel than to
            run it, and kernels of several steps can be fused. The result is the same. Other backends ignore this.
    """

    def __init__(self, cell: Any, unroll_steps: int = 1, **kwargs: Any) -> None:
        super().__init__(cell, return_sequences=True, **kwargs)
        self.unroll_steps = unroll_steps

    def inner_loop(
        self, sequences: Tensor, initial_state: Sequence[Tensor], mask: Tensor, training: bool = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return the last output, all outputs `(batch, length, …)`, and the last states."""
        if self.unroll_steps == 1 or keras.backend.backend() != "jax":
            return super().inner_loop(sequences, initial_state, mask, training)

        def step(states: list[Tensor], inputs: Tensor) -> tuple[list[Tensor], Tensor]:
            output, states = self.cell(inputs, states)
            return states, output

        states, outputs = ops.scan(step, list(initial_state), ops.swapaxes(sequences, 0, 1), unroll=self.unroll_steps)
        outputs = ops.swapaxes(outputs, 0, 1)
        return outputs[:, -1], outputs, states
