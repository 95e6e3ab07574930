"""A stacked recurrent decoder with Luong attention, with or without input feeding."""

import keras
from keras import ops

from seq2edge.models.attention import LuongAttention
from seq2edge.models.encoder import CELLS


@keras.saving.register_keras_serializable(package="seq2edge")
class LuongDecoder(keras.layers.Layer):
    """Turns embedded target tokens into attentional vectors (Luong et al. 2015, equation 5).

    Without input feeding the cells run over the whole target first and attention is one product for all steps. With
    input feeding (section 3.3) each step's attentional vector joins the next step's input, so training is one loop.

    Args:
        cell: "lstm" or "gru".
        units: Width of the cells.
        num_layers: Stacked cells.
        output_units: Width of the attentional vector.
        score: Of the attention: "dot", "general" or "concat".
        input_feeding: Feed the attentional vector back.
        dropout: Between layers and on the attentional vector; inside the loop of input feeding only on the vector.
    Call arguments:
        embedded: `(batch, target_length, embedding)`.
        memory: `(batch, source_length, memory_units)`.
        memory_mask: Integer `(batch, source_length)`; 1 = real token.
        states: As `RecurrentEncoder` returns them, and with input feeding the last attentional vector behind them.
    Returns:
        Attentional vectors `(batch, target_length, output_units)`.
    """

    def __init__(
        self,
        cell="lstm",
        units=256,
        num_layers=1,
        output_units=256,
        score="general",
        input_feeding=False,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}. Received: cell={cell!r}")
        self.cell, self.units, self.num_layers, self.output_units = cell, units, num_layers, output_units
        self.score, self.input_feeding, self.dropout = score, input_feeding, dropout
        policy = self.dtype_policy
        self.cells = [CELLS[cell](units, dtype=policy, name=f"cell_{i}") for i in range(num_layers)]
        self.attention = LuongAttention(score, dtype=policy, name="attention")
        self.combine = keras.layers.Dense(output_units, activation="tanh", use_bias=False, dtype=policy, name="combine")
        self.dropouts = [keras.layers.Dropout(dropout, dtype=policy) for _ in range(num_layers)]
        self.states_per_cell = 2 if cell == "lstm" else 1
        if input_feeding:
            self.loop = keras.layers.RNN(_FeedingCell(self), return_sequences=True, dtype=policy)
        else:
            self.loops = [keras.layers.RNN(layer, return_sequences=True, dtype=policy) for layer in self.cells]

    def build(self, embedded_shape, memory_shape, memory_mask_shape=None, states_shape=None):
        width = embedded_shape[-1] + (self.output_units if self.input_feeding else 0)
        for layer, cell in enumerate(self.cells):
            cell.build((None, width if layer == 0 else self.units))
        if self.input_feeding:
            self.loop.built = True
        else:
            for layer, loop in enumerate(self.loops):
                loop.build((None, None, width if layer == 0 else self.units))
        self.attention.build((None, None, self.units), memory_shape)
        self.combine.build((None, None, memory_shape[-1] + self.units))

    def call(self, embedded, memory, memory_mask, states, training=False):
        if self.input_feeding:
            mask = ops.cast(memory_mask, memory.dtype)
            vectors = self.loop(embedded, initial_state=[*states, memory, mask], training=training)
        else:
            outputs = self._run_cells(embedded, states, training)
            vectors, _ = self._attend(outputs, memory, memory_mask)
        return self.dropouts[-1](vectors, training=training)

    def _attend(self, outputs, memory, memory_mask):
        context, weights = self.attention(outputs, memory, memory_mask)
        return self.combine(ops.concatenate([context, outputs], axis=-1)), weights

    def _run_cells(self, outputs, states, training):
        for layer, loop in enumerate(self.loops):
            outputs = loop(outputs, initial_state=self._of_cell(states, layer), training=training)
            if layer < self.num_layers - 1:
                outputs = self.dropouts[layer](outputs, training=training)
        return outputs

    def one_step(self, embedded, memory, memory_mask, states):
        """One step without a loop: what `DecoderStep` returns for `embedded` (batch, embedding)."""
        outputs = embedded
        if self.input_feeding:
            outputs = ops.concatenate([outputs, states[-1]], axis=-1)
        new_states = []
        for layer, cell in enumerate(self.cells):
            outputs, cell_states = cell(outputs, self._of_cell(states, layer))
            new_states += cell_states
        vectors, weights = self._attend(ops.expand_dims(outputs, 1), memory, memory_mask)
        vector = vectors[:, 0]
        return vector, [*new_states, vector] if self.input_feeding else new_states, weights[:, 0]

    def _of_cell(self, states, layer):
        start = layer * self.states_per_cell
        return states[start : start + self.states_per_cell]

    def get_config(self):
        return {
            **super().get_config(),
            "cell": self.cell,
            "units": self.units,
            "num_layers": self.num_layers,
            "output_units": self.output_units,
            "score": self.score,
            "input_feeding": self.input_feeding,
            "dropout": self.dropout,
        }


class DecoderStep(keras.layers.Layer):
    """A `LuongDecoder` run for one step, sharing its weights.

    Call arguments:
        embedded: `(batch, embedding)`.
        memory, memory_mask, states: As for `LuongDecoder`; a memory of batch 1 is shared by the rows.
    Returns:
        Attentional vector `(batch, output_units)`, new states, attention weights `(batch, source_length)`.
    """

    def __init__(self, decoder, **kwargs):
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(self, embedded, memory, memory_mask, states):
        return self.decoder.one_step(embedded, memory, memory_mask, states)


class _FeedingCell:
    """One step of a decoder with input feeding, for `keras.layers.RNN`: memory and mask travel as constant states."""

    def __init__(self, decoder):
        self.decoder = decoder
        self.state_size = [decoder.units] * (decoder.num_layers * decoder.states_per_cell) + [decoder.output_units] * 3
        self.output_size = decoder.output_units
        self.compute_dtype = decoder.compute_dtype

    def __call__(self, inputs, states, training=False):
        *states, memory, mask = states
        vector, new_states, _ = self.decoder.one_step(inputs, memory, mask, states)
        return vector, [*new_states, memory, mask]

    def call(self, inputs, states, training=False):
        return self(inputs, states, training=training)
