"""A stacked recurrent decoder: without attention, with Luong's, or with Bahdanau's."""

import keras
from keras import ops

from seq2edge.models.layers.attention import LuongAttention
from seq2edge.models.layers.cells import CELLS, STATES, Recurrence, sequence_dropout


@keras.saving.register_keras_serializable(package="seq2edge")
class RecurrentDecoder(keras.layers.Layer):
    """Turns embedded target tokens into the vectors that the output layer reads.

    Luong et al. 2015: the cells run over the whole target first and attention is one product for all steps; the
    vectors are attentional vectors (equation 5). With input feeding (section 3.3) each step's vector joins the next
    step's input, so training is one loop. Bahdanau et al. 2015: attention is queried by the top layer's state before
    the step, its context joins the step's input, and the vectors are maxouts of state, input and context (appendix
    A.2.2). Without attention the vectors come from the cells alone (Sutskever et al. 2014).

    Args:
        cell: "rnn", "gru" or "lstm".
        units: Width of the cells.
        num_layers: Stacked cells.
        output_units: Width of the vectors.
        attention: "none", a score of `LuongAttention`, or "bahdanau".
        alignment, window, source_length: As for `LuongAttention`.
        input_feeding: Feed the attentional vector back.
        initial_state: "copy", "bridge", "mean" or "zeros", as in `Seq2SeqConfig`.
        dropout: Between layers and on the vectors; inside the loop of a decoder that feeds back only on the vectors.
        residual, layer_norm, variational_dropout: As for `RecurrentEncoder`.
    Call arguments:
        embedded: `(batch, target_length, embedding)`.
        memory: `(batch, source_length, memory_units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
        encoder_states: As `RecurrentEncoder` returns them; None where the encoder has none.
    Returns:
        Vectors `(batch, target_length, output_units)`.
    """

    def __init__(
        self,
        cell="lstm",
        units=256,
        num_layers=1,
        output_units=256,
        attention="general",
        alignment="global",
        window=None,
        source_length=64,
        input_feeding=False,
        initial_state="copy",
        dropout=0.0,
        residual=False,
        layer_norm=False,
        variational_dropout=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}. Received: cell={cell!r}")
        self.cell, self.units, self.num_layers, self.output_units = cell, units, num_layers, output_units
        self.attention, self.alignment, self.window, self.source_length = attention, alignment, window, source_length
        self.input_feeding, self.initial_state, self.dropout = input_feeding, initial_state, dropout
        self.residual, self.layer_norm, self.variational_dropout = residual, layer_norm, variational_dropout
        self.feeds_back = input_feeding or attention == "bahdanau"
        policy = self.dtype_policy
        hidden = dropout if variational_dropout else 0.0
        self.recurrences = [
            Recurrence(CELLS[cell](units, name="cell", dtype=policy), hidden, name=f"layer_{i}", dtype=policy)
            for i in range(num_layers)
        ]
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in range(num_layers if layer_norm else 0)]
        self.dropouts = [sequence_dropout(dropout, variational_dropout, policy) for _ in range(num_layers)]
        if attention != "none":
            score = "concat" if attention == "bahdanau" else attention
            self.attend = LuongAttention(score, alignment, window, source_length, dtype=policy, name="attention")
        if attention == "bahdanau":
            self.combine = keras.layers.Dense(2 * output_units, dtype=policy, name="combine")
        else:
            self.combine = keras.layers.Dense(
                output_units, activation="tanh", use_bias=False, dtype=policy, name="combine"
            )
        if initial_state in ("bridge", "mean"):
            self.bridges = [
                keras.layers.Dense(units, activation="tanh", dtype=policy, name=f"bridge_{i}")
                for i in range(num_layers * STATES[cell])
            ]
        if self.feeds_back:
            self.loop = keras.layers.RNN(_FeedingCell(self), return_sequences=True, dtype=policy)

    def build(self, embedded_shape, memory_shape, memory_mask_shape=None, encoder_states_shape=None):
        embedding, memory_units = embedded_shape[-1], memory_shape[-1]
        width = embedding
        if self.attention == "bahdanau":
            width += memory_units
        elif self.input_feeding:
            width += self.output_units
        for layer, recurrence in enumerate(self.recurrences):
            recurrence.build((None, None, width if layer == 0 else self.units))
        for norm in self.norms:
            norm.build((None, None, self.units))
        combined = self.units
        if self.attention != "none":
            self.attend.build((None, None, self.units), memory_shape)
            combined += memory_units
        self.combine.build((None, None, combined + (embedding if self.attention == "bahdanau" else 0)))
        if self.initial_state in ("bridge", "mean"):
            for bridge in self.bridges:
                bridge.build((None, memory_units))
        if self.feeds_back:
            self.loop.built = True

    def call(self, embedded, memory, memory_mask, encoder_states=None, training=False):
        memory, states = self.start(memory, memory_mask, encoder_states)
        if self.feeds_back:
            masks = [
                mask
                for layer, recurrence in enumerate(self.recurrences)
                for mask in recurrence.masks(self._of_layer(states, layer)[0], training)
            ]
            constants = [*masks, memory, ops.cast(memory_mask, memory.dtype)]
            outputs = self.loop(self.recurrences[0].cell.project(embedded), initial_state=[*states, *constants])
            vectors = self._vectors(outputs, embedded)
        else:
            outputs = embedded
            for layer, recurrence in enumerate(self.recurrences):
                inputs = outputs
                outputs = recurrence(inputs, self._of_layer(states, layer), training=training)
                outputs = self._finish(layer, outputs, inputs)
                if layer < self.num_layers - 1:
                    outputs = self.dropouts[layer](outputs, training=training)
            vectors, _ = self._look(outputs, memory, memory_mask)
        return self.dropouts[-1](vectors, training=training)

    def start(self, memory, memory_mask, encoder_states):
        """What the steps look into, and their first states: of the cells, then the fed vector, then the position."""
        states = self._first_states(memory, memory_mask, encoder_states)
        rows = ops.shape(memory)[0]
        if self.input_feeding:
            states.append(ops.zeros((rows, self.output_units), self.compute_dtype))
        if self.alignment == "local-m":
            states.append(ops.zeros((rows, 1), "int32"))
        return memory if self.attention == "none" else self.attend.prepare(memory), states

    def _first_states(self, memory, memory_mask, encoder_states):
        if self.initial_state == "zeros":
            zeros = ops.zeros((ops.shape(memory)[0], self.units), self.compute_dtype)
            return [zeros] * (self.num_layers * STATES[self.cell])
        if self.initial_state == "mean":
            mask = ops.cast(ops.expand_dims(memory_mask, 2), memory.dtype)
            mean = ops.sum(memory * mask, axis=1) / ops.sum(mask, axis=1)
            return [bridge(mean) for bridge in self.bridges]
        # Each layer starts from the encoder layer of its height, the top one above.
        below = [encoder_states[min(layer, len(encoder_states) - 1)] for layer in range(self.num_layers)]
        if self.initial_state == "copy":
            return [state for layer_states in below for state in layer_states]
        finals = [h for h, *_ in below for _ in range(STATES[self.cell])]
        return [bridge(h) for bridge, h in zip(self.bridges, finals, strict=True)]

    def one_step(self, embedded, memory, memory_mask, states):
        """One step without a loop.

        Args:
            embedded: `(rows, embedding)`.
            memory: As `start` returns it; a batch of 1 is shared by the rows.

        Returns:
            Vector `(rows, output_units)`, new states, and attention weights `(rows, source_length)` or None.
        """
        projected = self.recurrences[0].cell.project(embedded)
        outputs, new_states, weights = self.advance(projected, memory, memory_mask, states)
        return self._vectors(outputs, embedded), new_states, weights

    def advance(self, projected, memory, memory_mask, states, masks=()):
        """What one step adds to the embedded token's projection `(rows, gates * units)`, which needs no state.

        Args:
            masks: What h of each layer is multiplied with, in training.

        Returns:
            What `_vectors` takes, `(rows, …)`; new states; attention weights or None.
        """
        number = self.num_layers * STATES[self.cell]
        position = states[-1] if self.alignment == "local-m" else None
        first = self.recurrences[0].cell
        if self.attention == "bahdanau":
            query = ops.expand_dims(self._of_layer(states, self.num_layers - 1)[0], 1)
            context, weights = self.attend.attend(query, memory, memory_mask, position)
            context, weights = context[:, 0], weights[:, 0]
            projected = projected + first.project_rest(context)
        elif self.input_feeding:
            projected = projected + first.project_rest(states[number])
        new_states, outputs = [], None
        for layer, recurrence in enumerate(self.recurrences):
            h, *rest = self._of_layer(states, layer)
            h = h * masks[layer] if masks else h
            inputs = outputs
            projected = recurrence.cell.project(inputs) if layer > 0 else projected
            outputs, layer_states = recurrence.cell.step(projected, [h, *rest])
            new_states += layer_states
            outputs = self._finish(layer, outputs, inputs)
        if self.attention == "bahdanau":
            outputs = ops.concatenate([outputs, context], axis=-1)
        else:
            vectors, weights = self._look(ops.expand_dims(outputs, 1), memory, memory_mask, position)
            outputs, weights = vectors[:, 0], None if weights is None else weights[:, 0]
        if self.input_feeding:
            new_states.append(outputs)
        if position is not None:
            new_states.append(position + 1)
        return outputs, new_states, weights

    def _vectors(self, outputs, embedded):
        """Vectors from the outputs of `advance`: they are that already, but for Bahdanau's maxout."""
        if self.attention != "bahdanau":
            return outputs
        pairs = self.combine(ops.concatenate([outputs, embedded], axis=-1))
        return ops.maximum(pairs[..., : self.output_units], pairs[..., self.output_units :])

    def _look(self, outputs, memory, memory_mask, positions=None):
        """Attentional vectors (equation 5) and weights."""
        if self.attention == "none":
            return self.combine(outputs), None
        context, weights = self.attend.attend(outputs, memory, memory_mask, positions)
        return self.combine(ops.concatenate([context, outputs], axis=-1)), weights

    def _finish(self, layer, outputs, inputs):
        if self.layer_norm:
            outputs = self.norms[layer](outputs)
        return outputs + inputs if self.residual and layer > 0 else outputs

    def _of_layer(self, states, layer):
        start = layer * STATES[self.cell]
        return states[start : start + STATES[self.cell]]

    def get_config(self):
        keys = "cell units num_layers output_units attention alignment window source_length input_feeding"
        keys += " initial_state dropout residual layer_norm variational_dropout"
        return {**super().get_config(), **{key: getattr(self, key) for key in keys.split()}}


class _FeedingCell:
    """`RecurrentDecoder.advance` for `keras.layers.RNN`: what is constant travels as states."""

    def __init__(self, decoder):
        self.decoder = decoder
        constants = 2 + (decoder.num_layers if decoder.variational_dropout and decoder.dropout else 0)
        fed = decoder.input_feeding + (decoder.alignment == "local-m")
        self.constants = constants
        self.state_size = [decoder.units] * (decoder.num_layers * STATES[decoder.cell] + fed + constants)
        self.output_size = decoder.output_units
        self.compute_dtype = decoder.compute_dtype

    def __call__(self, projected, states, training=False):
        states, constants = states[: -self.constants], states[-self.constants :]
        *masks, memory, memory_mask = constants
        outputs, new_states, _ = self.decoder.advance(projected, memory, memory_mask, states, masks)
        return outputs, [*new_states, *constants]

    call = __call__
