import numpy as np
import pytest
import tensorflow as tf

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.special_ids import EOS
from seq2edge.export.beam import GraphBeam
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

VOCABULARY = 11
LENGTHS = (5, 3, 7)


@pytest.fixture(scope="module", params=["lstm", "transformer"])
def model(request):
    """A model with random weights, large enough for its tokens to have very different probabilities."""
    import keras

    keras.utils.set_random_seed(3)
    decoder = TransformerDecoderConfig(heads=2) if request.param == "transformer" else RecurrentDecoderConfig()
    config = Seq2SeqConfig(VOCABULARY, VOCABULARY, decoder=decoder, units=16, embedding=16, target_length=9)
    model = build_seq2seq(config)
    for weight in model.training.weights:
        weight.assign(3 * np.asarray(weight))
    return model


def search_in_graph(model, sources, search):
    """Search as `Seq2SeqTextModel` does, with ids instead of texts."""
    padded = np.zeros((len(sources), max(map(len, sources))), np.int32)
    for row, ids in enumerate(sources):
        padded[row, : len(ids)] = ids
    names = [name for name in model.encoder.output if name.startswith("state_")]

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)])
    def run(source_ids):
        encoded = model.encoder(source_ids)
        shared = {name: tf.repeat(encoded[name], search.beam, axis=0) for name in ("memory", "memory_mask")}

        def step(tokens, states):
            outputs = model.decoder_step({"token_ids": tokens, **shared, **dict(zip(names, states, strict=True))})
            return outputs["logits"], [outputs[name] for name in names]

        return search.search(step, [encoded[name] for name in names], tf.shape(source_ids)[0])

    ids, scores = run(tf.constant(padded))
    return ids.numpy(), scores.numpy()


@pytest.mark.parametrize("beam", [1, 2, 5])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.5])
def test_the_graph_finds_the_hypotheses_of_the_device(model, beam, length_penalty):
    random = np.random.default_rng(beam)
    sources = [np.array([*random.integers(4, VOCABULARY, length - 1), EOS], np.int32) for length in LENGTHS]
    ids, scores = search_in_graph(model, sources, GraphBeam(beam, length_penalty, 9))
    wanted = decode(
        KerasSequenceModel(model),
        [{"source_ids": ids} for ids in sources],
        DecodingOptions(beam=beam, n_best=beam, max_length=9, length_penalty=length_penalty),
    )
    for row, hypotheses in enumerate(wanted):
        best = hypotheses[0]
        assert tuple(i for i in ids[row, 0] if i > EOS) == best.ids
        assert scores[row, 0] == pytest.approx(best.score, abs=1e-4)


def test_all_hypotheses_of_the_beam_are_returned(model):
    source = np.array([5, 6, 7, EOS], np.int32)
    ids, scores = search_in_graph(model, [source], GraphBeam(4, 0.6, 6))
    found = {tuple(row) for row, score in zip(ids[0], scores[0], strict=True) if np.isfinite(score)}
    assert len(found) == np.isfinite(scores[0]).sum() >= 1
    assert list(scores[0]) == sorted(scores[0], reverse=True)
