"""What every decoder offers, and the layers that run its parts in functional models."""

from collections.abc import Sequence
from typing import Any

import keras

from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.tensors import Tensor


class Decoder(ConfiguredLayer):
    """Base class of decoders: a target as a whole (`call`) or step by step (`start`, then `one_step`).

    Attributes:
        return_attention: `call` returns the attention weights too.
    Call arguments:
        embedded: `(batch, target_length, embedding)`.
        memory: `(batch, source_length, memory_units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
        encoder_states: As in `Encoded`.
    Returns:
        Vectors `(batch, target_length, output_units)`, of which the output layer makes logits; with
        `return_attention` also the weights that the steps return, `(batch, target_length, source_length)`.
    """

    return_attention: bool

    def call(
        self,
        embedded: Tensor,
        memory: Tensor,
        memory_mask: Tensor,
        encoder_states: Sequence[Sequence[Tensor]] = (),
        training: bool = False,
    ) -> Any:
        raise NotImplementedError

    def start(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]]
    ) -> tuple[Tensor, list[Tensor]]:
        """What depends on the source alone, computed once.

        Returns:
            The memory as `one_step` takes it, `(batch, source_length, …)`, and the first states, each `(batch, …)`.
        """
        raise NotImplementedError

    def one_step(
        self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor], Tensor | None]:
        """One step without a loop.

        Args:
            embedded: `(rows, embedding)`.
            memory, states: As `start` returns them; a memory of batch 1 is shared by the rows.

        Returns:
            Vector `(rows, output_units)`, new states, and attention weights `(rows, source_length)` or None.
        """
        raise NotImplementedError


class DecoderStart(keras.layers.Layer):
    """`Decoder.start` as a layer, sharing the decoder's weights."""

    def __init__(self, decoder: Decoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]] = ()
    ) -> tuple[Tensor, list[Tensor]]:
        return self.decoder.start(memory, memory_mask, encoder_states)


class DecoderStep(keras.layers.Layer):
    """`Decoder.one_step` as a layer, sharing the decoder's weights.

    Returns:
        `vector`, `states` and, if the decoder has it, `attention`.
    """

    def __init__(self, decoder: Decoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]) -> dict[str, Any]:
        vector, states, weights = self.decoder.one_step(embedded, memory, memory_mask, states)
        result = {"vector": vector, "states": states}
        return result if weights is None else {**result, "attention": weights}
