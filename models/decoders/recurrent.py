"""A stacked recurrent decoder without attention, with Luong's attention, or with Bahdanau's."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seq2edge.models.decoders.config import RecurrentDecoderConfig
from seq2edge.models.decoders.initial_state import InitialState
from seq2edge.models.decoders.interface import Decoder
from seq2edge.models.layers.attention import LuongAttention
from seq2edge.models.layers.cells import CELLS, STATES, Recurrence, sequence_dropout
from seq2edge.models.layers.loop import Loop
from seq2edge.models.layers.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="seq2edge")
class RecurrentDecoder(Decoder):
    """Turns embedded target tokens into the vectors that the output layer reads.

    Luong et al. 2015: the cells run over the whole target first, and attention is one product for all steps. The
    vectors are attentional vectors (equation 5). With input feeding (section 3.3) each step's vector is part of the
    next step's input, so that training loops over the steps.

    Bahdanau et al. 2015: the query is the top layer's state before the step, and the context is part of the step's
    input. The vectors are maxouts of state, input and context (appendix A.2.2).

    Without attention the vectors are computed from the cells' outputs only (Sutskever et al. 2014).

    `Decoder` describes the call arguments and outputs. The states are those of the cells, then the attentional vector
    if there is input feeding, then the position if the alignment is "local-m".

    Args:
        config: Settings of the layers. None of them may be open: see `RecurrentDecoderConfig.resolved`.
        units: Width of the cells.
        output_units: Width of the vectors.
        source_length: As for `LuongAttention`.
        dropout: Rate of dropout between layers and on the vectors. With input feeding or Bahdanau's attention it is
            applied to the vectors only.
        variational_dropout, unroll: As for `RecurrentEncoder`.
        return_attention: As in `Decoder`. It needs attention.
    Raises:
        ValueError: If `attention` or `initial_state` is None.
    """

    CONFIG = RecurrentDecoderConfig
    SETTINGS = (
        *("units", "output_units", "source_length", "dropout"),
        *("variational_dropout", "unroll", "return_attention"),
    )
    config: RecurrentDecoderConfig

    def __init__(
        self,
        config: RecurrentDecoderConfig,
        units: int = 256,
        output_units: int = 256,
        source_length: int = 64,
        dropout: float = 0.0,
        variational_dropout: bool = False,
        unroll: int = 1,
        return_attention: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if config.attention is None or config.initial_state is None:
            raise ValueError(
                "attention and initial_state must be given, as `RecurrentDecoderConfig.resolved` does. "
                f"Received: attention={config.attention!r}, initial_state={config.initial_state!r}"
            )
        self.config, self.units, self.output_units = config, units, output_units
        self.source_length, self.dropout = source_length, dropout
        self.variational_dropout, self.unroll, self.return_attention = variational_dropout, unroll, return_attention
        self.feeds_back = config.input_feeding or config.attention == "bahdanau"
        policy, layers = self.dtype_policy, range(config.layers)
        hidden = dropout if variational_dropout else 0.0
        self.recurrences = [
            Recurrence(
                CELLS[config.kind](units, name="cell", dtype=policy),
                hidden,
                unroll=unroll,
                name=f"layer_{i}",
                dtype=policy,
            )
            for i in layers
        ]
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in layers if config.layer_norm]
        self.dropouts = [sequence_dropout(dropout, variational_dropout, policy) for _ in layers]
        if config.attention != "none":
            score = "concat" if config.attention == "bahdanau" else config.attention
            self.attend = LuongAttention(
                score, config.alignment, config.window, source_length, dtype=policy, name="attention"
            )
        if config.attention == "bahdanau":
            self.combine = keras.layers.Dense(2 * output_units, dtype=policy, name="combine")
        else:
            self.combine = keras.layers.Dense(
                output_units, activation="tanh", use_bias=False, dtype=policy, name="combine"
            )
        self.initial_state = InitialState(config, units, dtype=policy, name="initial_state")
        if self.feeds_back:
            self.loop = Loop(_FeedingCell(self), unroll, dtype=policy)

    def build(
        self,
        embedded_shape: Shape,
        memory_shape: Shape,
        memory_mask_shape: Shape | None = None,
        encoder_states_shape: Any = None,
    ) -> None:
        embedding, memory_units = embedded_shape[-1], memory_shape[-1]
        width = embedding
        if self.config.attention == "bahdanau":
            width += memory_units
        elif self.config.input_feeding:
            width += self.output_units
        for layer, recurrence in enumerate(self.recurrences):
            recurrence.build((None, None, width if layer == 0 else self.units))
        for norm in self.norms:
            norm.build((None, None, self.units))
        # Width of what `advance` returns: an attentional vector, or for Bahdanau the top layer's output and a context.
        self.step_units = self.units + memory_units if self.config.attention == "bahdanau" else self.output_units
        combined = self.units
        if self.config.attention != "none":
            self.attend.build((None, None, self.units), memory_shape)
            combined += memory_units
        self.combine.build((None, None, combined + (embedding if self.config.attention == "bahdanau" else 0)))
        self.initial_state.build(memory_shape)
        if self.feeds_back:
            self.loop.built = True

    def call(
        self,
        embedded: Tensor,
        memory: Tensor,
        memory_mask: Tensor,
        encoder_states: Sequence[Sequence[Tensor]] = (),
        training: bool = False,
    ) -> Any:
        memory, states = self.start(memory, memory_mask, encoder_states)
        if self.feeds_back:
            masks = [
                mask
                for layer, recurrence in enumerate(self.recurrences)
                for mask in recurrence.masks(self._of_layer(states, layer)[0], training)
            ]
            constants = [*masks, memory, ops.cast(memory_mask, memory.dtype)]
            outputs = self.loop(self.recurrences[0].cell.project(embedded), initial_state=[*states, *constants])
            if self.return_attention:
                outputs, weights = outputs[..., : self.step_units], outputs[..., self.step_units :]
                # TensorFlow does not infer the width of a loop's outputs.
                outputs = ops.reshape(outputs, (*ops.shape(outputs)[:2], self.step_units))
            vectors = self._vectors(outputs, embedded)
        else:
            outputs = embedded
            for layer, recurrence in enumerate(self.recurrences):
                inputs = outputs
                outputs = recurrence(inputs, self._of_layer(states, layer), training=training)
                outputs = self._finish(layer, outputs, inputs)
                if layer < self.config.layers - 1:
                    outputs = self.dropouts[layer](outputs, training=training)
            vectors, weights = self._attentional_vectors(outputs, memory, memory_mask)
        vectors = self.dropouts[-1](vectors, training=training)
        return (vectors, weights) if self.return_attention else vectors

    def start(
        self, memory: Tensor, memory_mask: Tensor, encoder_states: Sequence[Sequence[Tensor]]
    ) -> tuple[Tensor, list[Tensor]]:
        states = self.initial_state(memory, memory_mask, encoder_states)
        rows = ops.shape(memory)[0]
        if self.config.input_feeding:
            states.append(ops.zeros((rows, self.output_units), self.compute_dtype))
        if self.config.alignment == "local-m":
            states.append(ops.zeros((rows, 1), "int32"))
        return memory if self.config.attention == "none" else self.attend.prepare(memory), states

    def one_step(
        self, embedded: Tensor, memory: Tensor, memory_mask: Tensor, states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor], Tensor | None]:
        projected = self.recurrences[0].cell.project(embedded)
        outputs, new_states, weights = self.advance(projected, memory, memory_mask, states)
        return self._vectors(outputs, embedded), new_states, weights

    def advance(
        self,
        projected: Tensor,
        memory: Tensor,
        memory_mask: Tensor,
        states: list[Tensor],
        masks: Sequence[Tensor] = (),
    ) -> tuple[Tensor, list[Tensor], Tensor | None]:
        """Run the cells and attention for one step.

        Args:
            projected: The embedded token multiplied by the first cell's kernel, `(rows, gates * units)`. This product
                needs no state, so it is computed for all steps at once.
            masks: In training, one dropout mask per layer, by which h is multiplied.

        Returns:
            The inputs of `_vectors`, `(rows, …)`; the new states; attention weights or None.
        """
        position = states[-1] if self.config.alignment == "local-m" else None
        first = self.recurrences[0].cell
        if self.config.attention == "bahdanau":
            query = ops.expand_dims(self._of_layer(states, self.config.layers - 1)[0], 1)
            context, weights = self.attend.attend(query, memory, memory_mask, position)
            context, weights = context[:, 0], weights[:, 0]
            projected = projected + first.project_rest(context)
        elif self.config.input_feeding:
            fed = states[self.config.layers * STATES[self.config.kind]]  # after the states of the cells
            projected = projected + first.project_rest(fed)
        new_states: list[Tensor] = []
        outputs: Tensor = None  # of the layer below
        for layer, recurrence in enumerate(self.recurrences):
            h, *rest = self._of_layer(states, layer)
            h = h * masks[layer] if masks else h
            inputs = outputs
            projected = recurrence.cell.project(inputs) if layer > 0 else projected
            outputs, layer_states = recurrence.cell.step(projected, [h, *rest])
            new_states += layer_states
            outputs = self._finish(layer, outputs, inputs)
        if self.config.attention == "bahdanau":
            outputs = ops.concatenate([outputs, context], axis=-1)
        else:
            vectors, weights = self._attentional_vectors(ops.expand_dims(outputs, 1), memory, memory_mask, position)
            outputs, weights = vectors[:, 0], None if weights is None else weights[:, 0]
        if self.config.input_feeding:
            new_states.append(outputs)
        if position is not None:
            new_states.append(position + 1)
        return outputs, new_states, weights

    def _vectors(self, outputs: Tensor, embedded: Tensor) -> Tensor:
        """Return the vectors, given the outputs of `advance`: unchanged, or Bahdanau's maxout of them."""
        if self.config.attention != "bahdanau":
            return outputs
        pairs = self.combine(ops.concatenate([outputs, embedded], axis=-1))
        return ops.maximum(pairs[..., : self.output_units], pairs[..., self.output_units :])

    def _attentional_vectors(
        self, outputs: Tensor, memory: Tensor, memory_mask: Tensor, positions: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Return attentional vectors (equation 5) and attention weights, or vectors and None without attention."""
        if self.config.attention == "none":
            return self.combine(outputs), None
        context, weights = self.attend.attend(outputs, memory, memory_mask, positions)
        return self.combine(ops.concatenate([context, outputs], axis=-1)), weights

    def _finish(self, layer: int, outputs: Tensor, inputs: Tensor) -> Tensor:
        if self.config.layer_norm:
            outputs = self.norms[layer](outputs)
        return outputs + inputs if self.config.residual and layer > 0 else outputs

    def _of_layer(self, states: list[Tensor], layer: int) -> list[Tensor]:
        start = layer * STATES[self.config.kind]
        return states[start : start + STATES[self.config.kind]]


class _FeedingCell:
    """`RecurrentDecoder.advance` as a cell of `Loop`. Constants are passed as states that do not change."""

    def __init__(self, decoder: RecurrentDecoder) -> None:
        self.decoder = decoder
        config = decoder.config
        self.constants = 2 + (config.layers if decoder.variational_dropout and decoder.dropout else 0)
        fed = config.input_feeding + (config.alignment == "local-m")
        self.state_size = [decoder.units] * (config.layers * STATES[config.kind] + fed + self.constants)
        self.output_size = decoder.output_units
        self.compute_dtype = decoder.compute_dtype

    def __call__(
        self, projected: Tensor, states: Sequence[Tensor], training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        constants = states[-self.constants :]
        *masks, memory, memory_mask = constants
        changing = list(states[: -self.constants])
        outputs, new_states, weights = self.decoder.advance(projected, memory, memory_mask, changing, masks)
        if self.decoder.return_attention:
            outputs = ops.concatenate([outputs, ops.cast(weights, outputs.dtype)], axis=-1)
        return outputs, [*new_states, *constants]

    call = __call__
