"""The signatures of a model file, as TensorFlow functions over a model's Keras halves."""

from collections.abc import Callable, Sequence
from pathlib import Path

import tensorflow as tf

from seq2edge.device.special_ids import BOS, EOS, PAD
from seq2edge.models.seq2seq import Seq2Seq

SHARED = ("memory", "memory_mask")  # by all rows of a step
OUTPUT_ROWS = "output_rows"


class Signatures(tf.Module):
    """`encode`, `decode_step_B` for each batch B, and `generate`, for a batch of one source.

    Beside all logits a step gives the likeliest tokens and their log-probabilities. For a shortlist there are
    `output_rows`, the rows of the output layer for some tokens, `decode_step_B_shortlist`, which looks at these alone
    and gives the places of the likeliest among them, and `generate_shortlist`. For each of the fixed lengths there are
    `encode_sL`, `decode_step_B_sL` and `generate_sL`, whose shapes are all known. A signature costs little in the file,
    but a runtime may keep a copy of its weights in memory.

    Args:
        model: What was trained; its layers are shared, not copied.
        beam_sizes: Rows of the decode steps: 1 for greedy, and the beams there shall be a step for.
        max_length: Target tokens `generate` makes at most, eos counted.
        shortlist: Offer the steps of a shortlist.
        lengths: Fixed source lengths.
    """

    def __init__(
        self,
        model: Seq2Seq,
        beam_sizes: Sequence[int],
        max_length: int,
        shortlist: bool = False,
        lengths: Sequence[int] = (),
    ):
        super().__init__(name="signatures")
        self.model = model
        self.encoder, self.decoder_step = model.encoder, model.decoder_step
        # Variables reached only through Keras layers are not frozen by the converter, and the file lacks its weights.
        self.weights = [weight.value for weight in model.training.weights]
        self.state_names = [name for name in model.encoder.output if name.startswith("state_")]
        self.max_length = max_length
        self.top_k = 2 * max(beam_sizes)  # tokens of a row; a search of as many hypotheses may begin with one row
        self.functions = {}
        for length in (None, *lengths):
            suffix = f"_s{length}" if length else ""
            self.functions[f"encode{suffix}"] = self._encode_function(length)
            for batch in beam_sizes:
                self.functions[f"decode_step_{batch}{suffix}"] = self._step_function(batch, _of_vocabulary, length)
            self.functions[f"generate{suffix}"] = self._generate_function(length)
        if shortlist:
            self.functions["output_rows"] = self._rows_function()
            for batch in beam_sizes:
                self.functions[f"decode_step_{batch}_shortlist"] = self._step_function(
                    batch, _of_shortlist, None, OUTPUT_ROWS
                )
            self.functions["generate_shortlist"] = self._generate_function(None, "shortlist_ids")

    def _encode_function(self, length: int | None):
        @tf.function(input_signature=[tf.TensorSpec((1, length), tf.int32, name="source_ids")])
        def encode(source_ids):
            return self.encoder(source_ids)

        return encode

    def _step_function(self, batch: int, finish: Callable, length: int | None, *extra: str):
        """A step whose `vector` and `logits` become what `finish` makes of them and of the extra inputs."""
        step = self.decoder_step
        specs = {}
        for name, tensor in step.input.items():
            shape = [length if size is None else size for size in tensor.shape[1:]]  # source_length alone is open
            specs[name] = tf.TensorSpec((1 if name in SHARED else batch, *shape), tensor.dtype, name=name)
        specs |= {name: tf.TensorSpec((None, *step.output["vector"].shape[1:]), name=name) for name in extra}

        @tf.function(input_signature=list(specs.values()))
        def decode_step(*tensors):
            inputs = dict(zip(specs, tensors, strict=True))
            rows = [inputs.pop(name) for name in extra]
            outputs = step(inputs)
            return finish(self.top_k, outputs.pop("vector"), outputs.pop("logits"), *rows) | outputs

        return decode_step

    def _rows_function(self):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32, name="shortlist_ids")])
        def output_rows(shortlist_ids):
            return {OUTPUT_ROWS: self.model.output_rows(shortlist_ids)}

        return output_rows

    def _generate_function(self, length: int | None, *extra: str):
        specs = [tf.TensorSpec((1, length), tf.int32, name="source_ids")]
        specs += [tf.TensorSpec((None,), tf.int32, name=name) for name in extra]

        @tf.function(input_signature=specs)
        def generate(*inputs):
            return self.greedy(*inputs)

        return generate

    def greedy(self, source_ids: tf.Tensor, shortlist_ids: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """The whole greedy loop in the graph.

        Args:
            source_ids: int32 `(batch, source_length)`, each row ending in eos, then pad.
            shortlist_ids: The tokens to look at, `(tokens,)`; None: all.

        Returns:
            `target_ids` (batch, max_length), eos where a target ended and pad behind it; `length` (batch,) with eos
            counted; `log_probs` (batch, max_length) in nats; and with attention `attention` (batch, max_length,
            source_length).
        """
        encoded = self.encoder(source_ids)
        rows = tf.shape(source_ids)[0]
        output_rows = None if shortlist_ids is None else self.model.output_rows(shortlist_ids)
        places = tf.range(self.max_length)[tf.newaxis]
        written = {
            "target_ids": tf.zeros([rows, self.max_length], tf.int32),
            "log_probs": tf.zeros([rows, self.max_length]),
        }
        if "attention" in self.decoder_step.output:
            written["attention"] = tf.zeros([rows, self.max_length, tf.shape(source_ids)[1]])

        def unfinished(step, token, alive, written, states):
            return tf.logical_and(step < self.max_length, tf.reduce_max(alive) > 0)

        def extend(step, token, alive, written, states):
            outputs = self.step(token, encoded, states)
            if shortlist_ids is None:
                token, log_prob = _best(outputs["logits"][:, EOS:])
                token += EOS  # pad, unk and bos stand before eos and are never generated
            else:
                place, log_prob = _best(tf.matmul(outputs["vector"], output_rows, transpose_b=True))
                token = tf.gather(shortlist_ids, place)
            token *= alive
            new = outputs | {"target_ids": token, "log_probs": log_prob * tf.cast(alive, tf.float32)}
            now = places == step
            written = {
                name: tf.where(now[:, :, tf.newaxis] if name == "attention" else now, new[name][:, tf.newaxis], values)
                for name, values in written.items()
            }
            alive *= tf.cast(token != EOS, tf.int32)
            return step + 1, token, alive, written, [outputs[name] for name in self.state_names]

        states = [encoded[name] for name in self.state_names]
        start = (tf.constant(0), tf.fill([rows], BOS), tf.ones([rows], tf.int32), written, states)
        _, _, _, written, _ = tf.while_loop(unfinished, extend, start)
        return written | {"length": tf.reduce_sum(tf.cast(written["target_ids"] != PAD, tf.int32), axis=1)}

    def step(
        self, token_ids: tf.Tensor, encoded: dict[str, tf.Tensor], states: Sequence[tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What the decoder makes of one token for each row; `encoded` has memory and mask."""
        shared = {name: encoded[name] for name in SHARED}
        return self.decoder_step({"token_ids": token_ids, **shared, **dict(zip(self.state_names, states, strict=True))})

    def save(self, path: Path) -> None:
        """Write a SavedModel with these signatures."""
        tf.saved_model.save(self, str(path), signatures=self.functions)


def _of_vocabulary(top_k: int, vector: tf.Tensor, logits: tf.Tensor) -> dict[str, tf.Tensor]:
    # pad, unk and bos stand before eos and are never generated.
    columns, log_probs = _top(top_k, logits[:, EOS:], logits.shape[1] - EOS)
    return {"logits": logits, "top_ids": columns + EOS, "top_log_probs": log_probs}


def _of_shortlist(top_k: int, vector: tf.Tensor, logits: tf.Tensor, rows: tf.Tensor) -> dict[str, tf.Tensor]:
    columns, log_probs = _top(top_k, tf.matmul(vector, rows, transpose_b=True), logits.shape[1] - EOS)
    return {"top_places": columns, "top_log_probs": log_probs}


def _top(top_k: int, logits: tf.Tensor, tokens: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Of each row the likeliest columns, best first, and their log-probabilities."""
    best, columns = tf.math.top_k(logits, min(top_k, tokens))
    return columns, best - _log_total(logits)


def _best(logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The likeliest column of each row, and its log-probability."""
    return tf.argmax(logits, axis=-1, output_type=tf.int32), tf.reduce_max(logits, axis=-1) - _log_total(logits)[:, 0]


def _log_total(logits: tf.Tensor) -> tf.Tensor:
    """What turns logits into log-probabilities, `(rows, 1)`. `tf.reduce_logsumexp` has an operator TFLite lacks."""
    largest = tf.reduce_max(logits, axis=-1, keepdims=True)
    return largest + tf.math.log(tf.reduce_sum(tf.exp(logits - largest), axis=-1, keepdims=True))
