"""The signatures of models that copy give what Keras gives."""

import dataclasses

import keras
import numpy as np
import pytest

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
from seq2edge.export.tflite.convert import convert
from seq2edge.export.tflite.flatbuffer import operators, parse
from seq2edge.export.tflite.runtimes import check_operators
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import TransformerEncoderConfig
from seq2edge.models.ensemble import EnsembleConfig, build_ensemble
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

VOCABULARY, LONGEST, LENGTH = 40, 8, 12
LSTM = Seq2SeqConfig(VOCABULARY, VOCABULARY, units=16, embedding=16, dropout=0.0, target_length=LONGEST, copy=True)
MODELS = {
    "lstm, two vocabularies": dataclasses.replace(LSTM, copy_table=(*[0] * 8, *range(4, 36))),
    "Bahdanau": dataclasses.replace(LSTM, decoder=RecurrentDecoderConfig(kind="gru", attention="bahdanau")),
    "Transformer": dataclasses.replace(
        LSTM, encoder=TransformerEncoderConfig(), decoder=TransformerDecoderConfig(heads=2)
    ),
    "ensemble with a member that copies": EnsembleConfig((dataclasses.replace(LSTM, copy=False), LSTM)),
}
SOURCES = [np.array(ids, np.int32) for ids in ([9, 30, 9, 12, 30, 9, EOS], [4, 5, EOS], [EOS])]


@pytest.fixture(params=MODELS)
def exported(request, tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    keras.utils.set_random_seed(4)
    config = MODELS[request.param]
    is_ensemble = isinstance(config, EnsembleConfig)
    model = build_ensemble(config) if is_ensemble else build_seq2seq(config)
    signatures = Seq2SeqSignatures(model, [1, 3], LONGEST, shortlist=not is_ensemble, lengths=(LENGTH,))
    signatures.save(tmp_path / "saved_model")
    content = convert(tmp_path / "saved_model", "none")
    check_operators(operators(parse(content)), ["tflite-2.14"])
    return model, Interpreter(model_content=content)


def test_a_copying_model_gives_the_answers_of_keras(exported):
    model, interpreter = exported
    features = [{"source_ids": source} for source in SOURCES]
    expected = [best for best, *_ in decode(KerasSequenceModel(model), features, DecodingOptions(max_length=LONGEST))]
    for source, best in zip(SOURCES, expected, strict=True):
        padded = np.pad(source, (0, LENGTH - len(source)))
        for name, ids in (("generate", source), (f"generate_s{LENGTH}", padded)):
            check_generated(interpreter.get_signature_runner(name)(source_ids=ids[None]), best)
        check_steps(model, interpreter, source)


def check_generated(found, best):
    length = int(found["length"][0])
    assert [i for i in found["target_ids"][0, :length].tolist() if i != EOS] == list(best.ids)
    np.testing.assert_allclose(found["log_probs"][0, :length], best.token_log_probs, atol=1e-4)


def check_steps(model, interpreter, source):
    encoded = interpreter.get_signature_runner("encode")(source_ids=source[None])
    states = {name: np.repeat(value, 3, axis=0) for name, value in encoded.items() if name.startswith("state_")}
    inputs = {"token_ids": np.array([2, 5, 6], np.int32), **encoded, **states}
    rows = {name: np.repeat(encoded[name], 3, axis=0) for name in model.shared_names}
    expected = {name: np.array(value) for name, value in model.decoder_step({**inputs, **rows}).items()}
    found = interpreter.get_signature_runner("decode_step_3")(**inputs)
    assert set(found) == {*expected, "top_ids", "top_log_probs"} - {"vector", "probabilities", "generated", "copied"}
    np.testing.assert_allclose(found["logits"], expected["logits"], atol=1e-4)
    if "copied" in expected:
        check_shortlist(model, interpreter, inputs, expected)


def check_shortlist(model, interpreter, inputs, expected):
    """With a shortlist, generation probabilities are renormalised and copy probabilities are not."""
    short = np.union1d([EOS, *range(20, 26)], inputs["copy_ids"][inputs["copy_ids"] > 0]).astype("int32")
    rows = interpreter.get_signature_runner("output_rows")(shortlist_ids=short, copy_ids=inputs["copy_ids"])
    found = interpreter.get_signature_runner("decode_step_3_shortlist")(**inputs, **rows)
    logits = expected["vector"] @ np.array(model.output_rows(short)).T
    generated = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    copied = np.stack([expected["copied"][:, inputs["copy_ids"][0] == token].sum(axis=1) for token in short], axis=1)
    probabilities = expected["generated"] * generated + copied
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    likely = np.take_along_axis(probabilities, found["top_places"], axis=1)
    np.testing.assert_allclose(np.exp(found["top_log_probs"]), likely, atol=1e-5)
    np.testing.assert_allclose(likely[:, 0], probabilities.max(axis=1))
