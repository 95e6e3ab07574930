"""The base class of decoders, and layers that run its methods in functional models."""

from collections.abc import Sequence
from typing import Any

import keras

from seq2edge.models.layers.configured import ConfiguredLayer
from seq2edge.models.layers.tensors import Tensor


class Decoder(ConfiguredLayer):
    """Base class of decoders. They decode a whole target (`call`) or step by step (`start`, then `one_step`).

    Attributes:
        return_attention: Whether `call` also returns the attention weights.
    Call arguments:
        embedded: `(batch, target_length, embedding)`.
        memory: `(batch, source_length, memory_units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
        encoder_states: As in `Encoded`.
    Returns:
        Vectors `(batch, target_length, output_units)`, from which the output layer computes logits. With
        `return_attention` also the attention weights of all steps, `(batch, target_length, source_length)`.
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
        """Compute once what depends on the source only.

        Returns:
            The memory that `one_step` takes, `(batch, source_length, …)`, and the initial states, each `(batch, …)`.
        """
        raise NotImplementedError

    def one_step(
        self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor], Tensor | None]:
        """Decode one step.

        Args:
            embedded: `(rows, embedding)`.
            memory, states: As `start` returns them. All rows share a memory of batch 1.

        Returns:
            The vector `(rows, output_units)`, the new states, and attention weights `(rows, source_length)` or None.
        """
        raise NotImplementedError


class DecoderStart(keras.layers.Layer):
    """`Decoder.start` as a layer. It shares the decoder's weights."""

    def __init__(self, decoder: Decoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]] = ()
    ) -> tuple[Tensor, list[Tensor]]:
        return self.decoder.start(memory, memory_mask, encoder_states)


class DecoderStep(keras.layers.Layer):
    """`Decoder.one_step` as a layer. It shares the decoder's weights.

    Returns:
        A dict of `vector`, `states` and, if the decoder has attention, `attention`.
    """

    def __init__(self, decoder: Decoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]) -> dict[str, Any]:
        vector, states, weights = self.decoder.one_step(embedded, memory, memory_mask, states)
        result = {"vector": vector, "states": states}
        return result if weights is None else {**result, "attention": weights}
