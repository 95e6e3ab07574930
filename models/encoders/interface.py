"""The outputs of an encoder."""

from typing import Any, NamedTuple

from seq2edge.models.layers.tensors import Tensor


class Encoded(NamedTuple):
    """An encoded source.

    Attributes:
        memory: `(batch, source_length, units)`, zero on padding.
        mask: Integer `(batch, source_length)`; 1 = real token.
        states: Final states of each layer, as a list of lists of `(batch, units)`: [h, c] of layer 0, [h, c] of layer
            1 … ([h] for cells other than "lstm"). Empty if the encoder has no states.
    """

    memory: Tensor
    mask: Tensor
    states: Any
