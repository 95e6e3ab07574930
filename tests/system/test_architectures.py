"""Every architecture learns a small task, with the same outputs step by step, padded, loaded and on TFLite."""

from dataclasses import dataclass, field

import keras
import numpy as np
import pytest

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.model import log_softmax
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
from seq2edge.export.tflite.convert import convert
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

FIRST, VOCABULARY = 4, 14
LONGEST = 6
ACCURACY = 0.95  # of the tokens of sentences it has not seen


@dataclass(frozen=True)
class Architecture:
    """Settings, and a task they can learn."""

    settings: dict
    task: str = "reverse"
    steps: int = 300
    learning_rate: float = 0.01


RNN, GRU, TRANSFORMER = (
    {"encoder": RecurrentEncoderConfig(kind="rnn")},
    {"encoder": RecurrentEncoderConfig(kind="gru")},
    {"encoder": TransformerEncoderConfig()},
)
TWO_LAYERS = {"encoder": RecurrentEncoderConfig(layers=2)}
STACKED = {"kind": "gru", "layers": 2, "residual": True, "layer_norm": True}


def decoding(kind="lstm", **settings):
    return {"decoder": RecurrentDecoderConfig(kind=kind, **settings)}


ARCHITECTURES = {
    "rnn, no attention": Architecture({**RNN, **decoding("rnn", attention="none")}, steps=1500, learning_rate=0.003),
    "gru, no attention": Architecture({**GRU, **decoding("gru", attention="none")}, steps=900),
    "lstm, no attention, one direction": Architecture(
        {"encoder": RecurrentEncoderConfig(bidirectional=False), **decoding(attention="none")}, steps=900
    ),
    "rnn, dot": Architecture({**RNN, **decoding("rnn", attention="dot")}),
    "gru, general": Architecture({**GRU, **decoding("gru")}),
    "lstm, general, untied": Architecture({"tie_embeddings": False, "share_embeddings": True}),
    "lstm, concat": Architecture(decoding(attention="concat")),
    "lstm, location": Architecture({**decoding(attention="location"), "source_length": 16}, "copy"),
    "lstm, scaled dot, from zeros": Architecture(decoding(attention="scaled_dot", initial_state="zeros")),
    "lstm, local-m": Architecture(decoding(attention="dot", alignment="local-m", window=1), "copy"),
    "gru, local-p": Architecture({**GRU, **decoding("gru", alignment="local-p", window=2)}),
    "lstm, input feeding, two layers": Architecture({**TWO_LAYERS, **decoding(layers=2, input_feeding=True)}),
    "gru, input feeding, local-m": Architecture(
        {**GRU, **decoding("gru", input_feeding=True, alignment="local-m", window=1)}, "copy"
    ),
    "gru, Bahdanau": Architecture({**GRU, **decoding("gru", attention="bahdanau", initial_state="bridge")}),
    "lstm, Bahdanau, local-p, two layers": Architecture(
        {**TWO_LAYERS, **decoding(layers=2, attention="bahdanau", alignment="local-p", window=2)}
    ),
    "gru, stacked, residual, normalised, variational": Architecture(
        {
            "encoder": RecurrentEncoderConfig(**STACKED),
            **decoding(**STACKED),
            "variational_dropout": True,
            "dropout": 0.1,
        }
    ),
    "rnn to lstm": Architecture(RNN),
    "Transformer": Architecture(
        {"encoder": TransformerEncoderConfig(layers=2), "decoder": TransformerDecoderConfig(layers=2)},
        "copy",
        learning_rate=0.003,
    ),
    "Transformer to gru": Architecture({**TRANSFORMER, **decoding("gru")}, "copy", learning_rate=0.005),
    "Transformer, no attention": Architecture(
        {"encoder": TransformerEncoderConfig(layers=2), **decoding(attention="none")},
        "copy",
        steps=900,
        learning_rate=0.003,
    ),
    "lstm to Transformer": Architecture({"decoder": TransformerDecoderConfig()}, learning_rate=0.005),
}


@dataclass
class Pairs:
    """Sequences of 2 to LONGEST symbols and their targets, padded."""

    task: str
    number: int
    seed: int
    source: np.ndarray = field(init=False)
    target: np.ndarray = field(init=False)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        self.source, self.target = np.zeros((2, self.number, LONGEST + 1), np.int32)
        for row in range(self.number):
            symbols = rng.integers(FIRST, VOCABULARY, rng.integers(2, LONGEST + 1))
            self.source[row, : len(symbols) + 1] = [*symbols, EOS]
            self.target[row, : len(symbols) + 1] = [*(symbols[::-1] if self.task == "reverse" else symbols), EOS]

    @property
    def target_inputs(self):
        return np.concatenate([np.full((self.number, 1), BOS, np.int32), self.target[:, :-1]], axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_learns_and_gives_the_same_answers_everywhere(name, tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    architecture = ARCHITECTURES[name]
    keras.utils.set_random_seed(3)
    shared = {"units": 32, "embedding": 24, "dropout": 0.0, "target_length": 12}
    model = build_seq2seq(Seq2SeqConfig(VOCABULARY, VOCABULARY, **shared | architecture.settings))
    learn(model, architecture)
    unseen = Pairs(architecture.task, 40, seed=2)
    whole = np.array(model.training([unseen.source, unseen.target_inputs]))
    assert accuracy(whole, unseen.target) >= ACCURACY

    np.testing.assert_allclose(step_by_step(model, unseen), whole, atol=2e-4)
    padded = np.pad(unseen.source, ((0, 0), (0, 5)))
    np.testing.assert_allclose(model.training([padded, unseen.target_inputs]), whole, atol=2e-4)
    model.training.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([unseen.source, unseen.target_inputs]), whole)

    Seq2SeqSignatures(model, [1, 3], max_length=12, shortlist=True).save(tmp_path / "saved_model")
    interpreter = Interpreter(model_content=convert(tmp_path / "saved_model", "none"))  # builtin operators only
    sources = [row[row != 0] for row in unseen.source]
    features = [{"source_ids": ids} for ids in sources]
    expected = decode(KerasSequenceModel(model), features, DecodingOptions(max_length=12))
    everything = np.arange(EOS, VOCABULARY, dtype=np.int32)
    for name, extra in (("generate", {}), ("generate_shortlist", {"shortlist_ids": everything})):
        generate = interpreter.get_signature_runner(name)
        for source, (best,) in zip(sources, expected, strict=True):
            found = generate(source_ids=source[None], **extra)
            assert found["target_ids"][0, : found["length"][0] - 1].tolist() == list(best.ids)
            log_probs = found["log_probs"][0, : found["length"][0]]
            np.testing.assert_allclose(log_probs, best.token_log_probs, atol=2e-3)
    check_step_of_three(interpreter, model, sources[0])


def learn(model, architecture):
    pairs = Pairs(architecture.task, 64 * 40, seed=1)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(architecture.learning_rate, architecture.steps), global_clipnorm=1.0
    )
    model.training.compile(optimizer, SequenceLoss(), jit_compile=False)
    epochs = -(-architecture.steps // 40)
    model.training.fit([pairs.source, pairs.target_inputs], pairs.target, batch_size=64, epochs=epochs, verbose=0)


def accuracy(logits, target):
    return (logits.argmax(-1) == target)[target != 0].mean()


def step_by_step(model, pairs):
    encoded = {name: np.array(value) for name, value in model.encoder(pairs.source).items()}
    states = {name: value for name, value in encoded.items() if name.startswith("state_")}
    looked = {name: encoded[name] for name in ("memory", "memory_mask")}
    logits = []
    for token_ids in pairs.target_inputs.T:
        outputs = model.decoder_step({"token_ids": token_ids, **looked, **states})
        states = {name: np.array(outputs[name]) for name in states}
        logits.append(np.array(outputs["logits"]))
    return np.stack(logits, axis=1)


def check_step_of_three(interpreter, model, source):
    """Three hypotheses share one memory; attention is returned if the model has one."""
    encoded = interpreter.get_signature_runner("encode")(source_ids=source[None])
    states = {name: np.repeat(value, 3, axis=0) for name, value in encoded.items() if name.startswith("state_")}
    looked = {name: encoded[name] for name in ("memory", "memory_mask")}
    inputs = {"token_ids": np.array([2, 5, 6], np.int32), **looked, **states}
    found = interpreter.get_signature_runner("decode_step_3")(**inputs)
    rows = {name: np.repeat(value, 3, axis=0) for name, value in looked.items()}
    expected = model.decoder_step({**inputs, **rows})
    assert set(found) == set(expected) - {"vector"} | {"top_ids", "top_log_probs"}
    assert ("attention" in found) == (getattr(model.config.decoder, "attention", None) != "none")
    for name in set(expected) - {"vector"}:
        np.testing.assert_allclose(found[name], np.array(expected[name]), atol=2e-3)
    check_most_likely(interpreter, inputs, log_softmax(found["logits"]))


def check_most_likely(interpreter, inputs, log_probs):
    """Check the steps that return only the most likely tokens, of the whole vocabulary and of a shortlist."""
    most_likely = -np.sort(-log_probs, axis=1)[:, :6]
    found = interpreter.get_signature_runner("decode_step_3")(**inputs)
    np.testing.assert_allclose(found["top_log_probs"], most_likely, atol=2e-3)
    np.testing.assert_allclose(np.take_along_axis(log_probs, found["top_ids"], 1), most_likely, atol=2e-3)

    shortlist = np.array([EOS, 5, 6, 8, 9, 11, 13], np.int32)
    rows = interpreter.get_signature_runner("output_rows")(shortlist_ids=shortlist)
    found = interpreter.get_signature_runner("decode_step_3_shortlist")(**inputs, **rows)
    among = log_probs[:, shortlist] - np.log(np.exp(log_probs[:, shortlist]).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found["top_log_probs"], -np.sort(-among, axis=1)[:, :6], atol=2e-3)
    np.testing.assert_allclose(np.take_along_axis(among, found["top_places"], 1), found["top_log_probs"], atol=2e-3)
