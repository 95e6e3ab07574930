"""The signatures of an encoder-decoder's model file, as TensorFlow functions over its encoder and decoder step."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import tensorflow as tf

from seq2edge.device import signature_names
from seq2edge.device.signature_names import OUTPUT_ROWS
from seq2edge.device.special_ids import BOS, EOS, PAD, UNK
from seq2edge.models.layers.copying import SMALLEST
from seq2edge.models.seq2seq import Seq2Seq

Tensors = dict[str, tf.Tensor]
COPY_ROWS = "copy_rows"
INTERNAL = ("vector", "probabilities", "generated", "copied")  # outputs of a step that are not outputs of signatures


class Seq2SeqSignatures(tf.Module):
    """The signatures `encode`, `decode_step_B` for each batch size B, and `generate`. Each decodes one source.

    A decode step returns all logits, and the most likely tokens with their log-probabilities.

    A shortlist has three more signatures. `output_rows` returns the rows of the output layer for some tokens, and the
    positions that copying these tokens uses. `decode_step_B_shortlist` computes only these tokens, and returns the
    indices of the most likely ones in the shortlist. The third one is `generate_shortlist`.

    For each fixed length L there are `encode_sL`, `decode_step_B_sL` and `generate_sL`, all of whose shapes are static.
    A signature adds little to the file, but a runtime may keep a copy of its weights in memory.

    Args:
        model: The trained model. Its layers are shared, not copied.
        beam_sizes: Batch sizes of the decode steps: 1 for greedy search, and the beam sizes of beam search.
        max_length: Largest number of target tokens of `generate`, eos included.
        shortlist: Whether to add the signatures of a shortlist.
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
        # The converter does not freeze variables that it reaches only through Keras layers. The file would lack them.
        self.weights = [weight.value for weight in model.training.weights]
        self.state_names = model.state_names
        self.max_length = max_length
        self.top_k = 2 * max(beam_sizes)  # tokens per row, enough for a beam search that starts with a single row
        self.functions: dict[str, Callable[..., Tensors]] = {}
        for length in (None, *lengths):
            self.functions[signature_names.encode(length)] = self._encode_function(length)
            for batch in beam_sizes:
                name = signature_names.decode_step(batch, length)
                self.functions[name] = self._step_function(batch, partial(_of_vocabulary, model.config.unknown), length)
            self.functions[signature_names.generate(length)] = self._generate_function(length)
        if shortlist:
            self.functions[OUTPUT_ROWS] = self._rows_function()
            for batch in beam_sizes:
                name = signature_names.decode_step_shortlist(batch)
                self.functions[name] = self._step_function(batch, _of_shortlist, None, self._rows_specs())
            self.functions[signature_names.GENERATE_SHORTLIST] = self._generate_function(None, "shortlist_ids")

    def _encode_function(self, length: int | None) -> Callable[..., Tensors]:
        @tf.function(input_signature=[tf.TensorSpec((1, length), tf.int32, name="source_ids")])
        def encode(source_ids: tf.Tensor) -> Tensors:
            return self.encoder(source_ids)

        return encode

    def _step_function(
        self, batch: int, finish: Callable[..., Tensors], length: int | None, extra: Sequence[tf.TensorSpec] = ()
    ) -> Callable[..., Tensors]:
        """Return a decode step. `finish` computes the most likely tokens from its outputs and the extra inputs."""
        step = self.decoder_step
        specs = self._step_specs(batch, length) | {spec.name: spec for spec in extra}

        @tf.function(input_signature=list(specs.values()))
        def decode_step(*tensors: tf.Tensor) -> Tensors:
            inputs = dict(zip(specs, tensors, strict=True))
            rows = [inputs.pop(spec.name) for spec in extra]
            outputs = step(inputs)
            likely = finish(self.top_k, outputs, *rows)
            return likely | {name: outputs[name] for name in outputs if name not in ("logits", *INTERNAL)}

        return decode_step

    def _step_specs(self, batch: int, length: int | None) -> dict[str, tf.TensorSpec]:
        """Return the specs of a step's inputs. Without a fixed length, caches may be shorter than the encoder's."""
        specs = {}
        for name, tensor in self.decoder_step.input.items():
            shape = [length if size is None else size for size in tensor.shape[1:]]  # only source_length is None
            if length is None and name in self.model.cache_names:
                shape[0] = None
            rows = 1 if name in self.model.shared_names else batch
            specs[name] = tf.TensorSpec((rows, *shape), tensor.dtype, name=name)
        return specs

    def _rows_specs(self) -> list[tf.TensorSpec]:
        """Return the specs of the outputs of `output_rows`, which are inputs of a step for a shortlist."""
        specs = [tf.TensorSpec((None, *self.decoder_step.output["vector"].shape[1:]), name=OUTPUT_ROWS)]
        if self.model.config.copy:
            specs.append(tf.TensorSpec((None, None), name=COPY_ROWS))
        return specs

    def _rows_function(self) -> Callable[..., Tensors]:
        specs = [tf.TensorSpec((None,), tf.int32, name="shortlist_ids")]
        if self.model.config.copy:
            specs.append(tf.TensorSpec((1, None), tf.int32, name="copy_ids"))

        @tf.function(input_signature=specs)
        def output_rows(*inputs: tf.Tensor) -> Tensors:
            return {spec.name: rows for spec, rows in zip(self._rows_specs(), self._rows(*inputs), strict=True)}

        return output_rows

    def _rows(self, shortlist_ids: tf.Tensor, copy_ids: tf.Tensor | None = None) -> list[tf.Tensor]:
        """Return the rows of a shortlist, in the order of `_rows_specs`."""
        copy_rows = [] if copy_ids is None else [self.model.copy_rows(shortlist_ids, copy_ids)]
        return [self.model.output_rows(shortlist_ids), *copy_rows]

    def _generate_function(self, length: int | None, *extra: str) -> Callable[..., Tensors]:
        specs = [tf.TensorSpec((1, length), tf.int32, name="source_ids")]
        specs += [tf.TensorSpec((None,), tf.int32, name=name) for name in extra]

        @tf.function(input_signature=specs)
        def generate(*inputs: tf.Tensor) -> Tensors:
            return self.greedy(*inputs)

        return generate

    def greedy(self, source_ids: tf.Tensor, shortlist_ids: tf.Tensor | None = None) -> Tensors:
        """Run greedy search as a loop in the graph.

        Args:
            source_ids: int32 `(batch, source_length)`, each row ending in eos, then pad.
            shortlist_ids: The tokens to choose from, `(tokens,)`; None: all.

        Returns:
            `target_ids` `(batch, max_length)`, with eos at the end of a target, then pad; `length` `(batch,)`, eos
            included; `log_probs` `(batch, max_length)` in nats; and, if the decoder has attention, `attention`
            `(batch, max_length, source_length)`.
        """
        encoded = self.encoder(source_ids)
        rows = tf.shape(source_ids)[0]
        short = None if shortlist_ids is None else self._rows(shortlist_ids, encoded.get("copy_ids"))
        places = tf.range(self.max_length)[tf.newaxis]
        written = {
            "target_ids": tf.zeros([rows, self.max_length], tf.int32),
            "log_probs": tf.zeros([rows, self.max_length]),
        }
        if "attention" in self.decoder_step.output:
            written["attention"] = tf.zeros([rows, self.max_length, tf.shape(source_ids)[1]])

        def unfinished(
            step: tf.Tensor, token: tf.Tensor, alive: tf.Tensor, written: Tensors, states: list[tf.Tensor]
        ) -> tf.Tensor:
            return tf.logical_and(step < self.max_length, tf.reduce_max(alive) > 0)

        def extend(
            step: tf.Tensor, token: tf.Tensor, alive: tf.Tensor, written: Tensors, states: list[tf.Tensor]
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Tensors, list[tf.Tensor]]:
            outputs = self.step(token, encoded, states)
            if short is None:
                token, log_prob = _most_likely(outputs, self.model.config.unknown)
            else:
                token, log_prob = _most_likely_of_shortlist(_logits_of_rows(outputs, *short), shortlist_ids)
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

    def step(self, token_ids: tf.Tensor, encoded: Tensors, states: Sequence[tf.Tensor]) -> Tensors:
        """Run the decoder for one token of each row.

        Args:
            token_ids: `(rows,)`.
            encoded: The encoder's outputs that all steps share.
            states: States of the decoder.
        """
        shared = {name: encoded[name] for name in self.model.shared_names}
        return self.decoder_step({"token_ids": token_ids, **shared, **dict(zip(self.state_names, states, strict=True))})

    def save(self, path: Path) -> None:
        """Write a SavedModel with these signatures."""
        tf.saved_model.save(self, str(path), signatures=self.functions)


def _of_vocabulary(unknown: bool, top_k: int, outputs: Tensors) -> Tensors:
    """Return all logits, and the most likely tokens. pad, unk and bos come before eos and are never generated."""
    logits = outputs["logits"]
    best, columns = tf.math.top_k(logits[:, EOS:], min(top_k, logits.shape[1] - EOS))
    log_probs = best - _log_total_of_vocabulary(logits, unknown)
    return {"logits": logits, "top_ids": columns + EOS, "top_log_probs": log_probs}


def _of_shortlist(top_k: int, outputs: Tensors, *rows: tf.Tensor) -> Tensors:
    """Return the indices of the most likely tokens in the shortlist; `rows` are the outputs of `output_rows`."""
    likely = _logits_of_rows(outputs, *rows)
    best, columns = tf.math.top_k(likely, min(top_k, outputs["logits"].shape[1] - EOS))
    return {"top_places": columns, "top_log_probs": best - _log_total(likely)}


def _logits_of_rows(outputs: Tensors, output_rows: tf.Tensor, copy_rows: tf.Tensor | None = None) -> tf.Tensor:
    """Return the logits of a shortlist's tokens, which include all tokens that can be copied."""
    logits = tf.matmul(outputs["vector"], output_rows, transpose_b=True)
    if copy_rows is None:
        return logits
    by_token = tf.matmul(outputs["copied"], copy_rows, transpose_b=True)
    return tf.math.log(outputs["generated"] * tf.nn.softmax(logits) + by_token + SMALLEST)


def _most_likely(outputs: Tensors, unknown: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the most likely token of each row, and its log-probability.

    pad, unk and bos come before eos and are never generated.
    """
    if "probabilities" in outputs:
        # Logarithms and exponentials of all tokens would take as long as the rest of the step.
        probabilities = outputs["probabilities"]
        token, best = _best(probabilities[:, EOS:])
        total = tf.reduce_sum(probabilities[:, EOS:], axis=-1) + (probabilities[:, UNK] if unknown else 0.0)
        return token + EOS, tf.math.log(best / total)
    logits = outputs["logits"]
    token, best = _best(logits[:, EOS:])
    return token + EOS, best - _log_total_of_vocabulary(logits, unknown)[:, 0]


def _most_likely_of_shortlist(logits: tf.Tensor, shortlist_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the same as `_most_likely` among the tokens of a shortlist, whose logits are `(rows, tokens)`."""
    place, best = _best(logits)
    return tf.gather(shortlist_ids, place), best - _log_total(logits)[:, 0]


def _best(logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the index of the largest logit of each row, and the logit."""
    return tf.argmax(logits, axis=-1, output_type=tf.int32), tf.reduce_max(logits, axis=-1)


def _log_total_of_vocabulary(logits: tf.Tensor, unknown: bool) -> tf.Tensor:
    """Return `_log_total` of the tokens that can be generated, and of unk if `unknown` is set.

    `seq2edge.device.search.model.log_softmax` does the same.
    """
    total = _log_total(logits[:, EOS:])
    return total + tf.math.log(1.0 + tf.exp(logits[:, UNK : UNK + 1] - total)) if unknown else total


def _log_total(logits: tf.Tensor) -> tf.Tensor:
    """Return the log of the sum of exponentials, `(rows, 1)`. TFLite lacks an operator of `tf.reduce_logsumexp`."""
    largest = tf.reduce_max(logits, axis=-1, keepdims=True)
    return largest + tf.math.log(tf.reduce_sum(tf.exp(logits - largest), axis=-1, keepdims=True))
