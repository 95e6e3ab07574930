"""Record what one model of each family computes and finds: weights, inputs and outputs.

    python tests/golden/record.py

The recorded values hold every later version to the same numbers, so they are recorded again only when a change is meant
to alter them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases
from seq2edge.device.special_ids import BOS, EOS
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.decoders.config import RecurrentDecoderConfig, TransformerDecoderConfig
from seq2edge.models.encoders.config import RecurrentEncoderConfig, TransformerEncoderConfig
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel

FOLDER = Path(__file__).parent / "values"
SENTENCES, LENGTH, VOCABULARY = 3, 9, 30
SPREAD = 3.0  # weights are multiplied by it, so that untrained models prefer some tokens clearly

RNN, GRU = RecurrentEncoderConfig(kind="rnn"), RecurrentEncoderConfig(kind="gru")
GRU_DECODER = RecurrentDecoderConfig(kind="gru")
STACKED: dict[str, Any] = {"layers": 2, "residual": True, "layer_norm": True}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "rnn-no-attention": {"encoder": RNN, "decoder": RecurrentDecoderConfig(kind="rnn", attention="none")},
    "gru-general": {"encoder": GRU, "decoder": GRU_DECODER, "tie_embeddings": False},
    "lstm-dot-two-layers": {
        "encoder": RecurrentEncoderConfig(layers=2, bidirectional=False),
        "decoder": RecurrentDecoderConfig(layers=2, attention="dot"),
    },
    "lstm-concat-shared": {"decoder": RecurrentDecoderConfig(attention="concat"), "share_embeddings": True},
    "lstm-location-mean": {
        "decoder": RecurrentDecoderConfig(attention="location", initial_state="mean"),
        "source_length": 16,
    },
    "gru-local-m-input-feeding": {
        "encoder": GRU,
        "decoder": replace(GRU_DECODER, alignment="local-m", window=1, input_feeding=True),
    },
    "lstm-local-p": {"decoder": RecurrentDecoderConfig(alignment="local-p", window=2)},
    "gru-bahdanau-bridge": {
        "encoder": GRU,
        "decoder": replace(GRU_DECODER, attention="bahdanau", initial_state="bridge"),
    },
    "lstm-residual-normalised": {
        "encoder": RecurrentEncoderConfig(**STACKED),
        "decoder": RecurrentDecoderConfig(**STACKED, initial_state="zeros"),
    },
    "transformer": {"encoder": TransformerEncoderConfig(layers=2), "decoder": TransformerDecoderConfig(layers=2)},
    "lstm-to-transformer": {"decoder": TransformerDecoderConfig()},
    "transformer-to-gru": {"encoder": TransformerEncoderConfig(), "decoder": GRU_DECODER},
}
SEARCHES = {
    "greedy": DecodingOptions(max_length=12),
    "beam": DecodingOptions(beam=5, n_best=5, max_length=12),
    "length penalty": DecodingOptions(beam=4, n_best=2, max_length=12, length_penalty=2.0),
    "ratios": DecodingOptions(beam=3, max_length=12, min_ratio=0.5, max_ratio=1.2, min_length=3),
    "no repeats": DecodingOptions(beam=3, n_best=3, max_length=12, no_repeat_ngram=2),
    "groups": DecodingOptions(beam=6, n_best=6, max_length=12, groups=3, diversity=0.7),
    "sample": DecodingOptions(
        beam=3, n_best=3, max_length=12, sample=True, top_k=6, top_p=0.9, temperature=0.8, seed=7
    ),
    "prefix": DecodingOptions(beam=3, max_length=12),
    "required": DecodingOptions(beam=4, n_best=2, max_length=12),
    "banned": DecodingOptions(beam=3, max_length=12),
    "given": DecodingOptions(beam=3, max_length=12, earlier_replies_penalty=4.0),
}
PHRASES = {
    "prefix": Phrases(prefix=(9, 11)),
    "required": Phrases(required=((7, 8), (12,))),
    "banned": Phrases(banned=((6,), (10, 5))),
    "given": Phrases(earlier=((5, 6),)),
}
COVERAGE = {"coverage": DecodingOptions(beam=4, n_best=4, max_length=12, coverage_penalty=0.3)}  # needs attention


def build(name: str) -> Seq2Seq:
    """A model of an architecture, its weights still to be assigned."""
    sizes: dict[str, Any] = {"units": 16, "embedding": 12, "dropout": 0.0, "target_length": 16}
    config = Seq2SeqConfig(VOCABULARY, VOCABULARY, **sizes | ARCHITECTURES[name])
    keras.utils.set_random_seed(1)
    return build_seq2seq(config)


def inputs() -> dict[str, np.ndarray]:
    """Padded sources and target inputs, `(SENTENCES, LENGTH)`."""
    random = np.random.default_rng(5)
    source = random.integers(4, VOCABULARY, (SENTENCES, LENGTH)).astype(np.int32)
    target = random.integers(4, VOCABULARY, (SENTENCES, LENGTH)).astype(np.int32)
    for row, length in enumerate((LENGTH, 5, 2)):
        source[row, length - 1 :] = 0
        source[row, length - 1] = EOS
    target[:, 0] = BOS
    return {"source_ids": source, "target_inputs": target}


def outputs(model: Seq2Seq, source_ids: np.ndarray, target_inputs: np.ndarray) -> dict[str, np.ndarray]:
    """The outputs of the three models of a `Seq2Seq`."""
    found = {"training.logits": np.asarray(model.training([source_ids, target_inputs]))}
    encoded = {name: np.asarray(value) for name, value in model.encoder(source_ids).items()}
    found |= {f"encoder.{name}": value for name, value in encoded.items()}
    step = model.decoder_step({"token_ids": target_inputs[:, 1], **encoded})
    return found | {f"step.{name}": np.asarray(value) for name, value in step.items()}


def searched(model: Seq2Seq, source_ids: np.ndarray) -> dict[str, np.ndarray]:
    """For each search the ids, padded with -1, and scores of all hypotheses of all sources."""
    decoder = KerasSequenceModel(model)
    sources = [{"source_ids": row[row != 0]} for row in source_ids]
    searches = SEARCHES | (COVERAGE if "attention" in model.decoder_step.output else {})
    found = {}
    for name, options in searches.items():
        phrases = PHRASES.get(name, NO_PHRASES)
        hypotheses = [hypothesis for best in decode(decoder, sources, options, phrases) for hypothesis in best]
        ids = np.full((len(hypotheses), options.max_length), -1)
        for row, hypothesis in zip(ids, hypotheses, strict=True):
            row[: len(hypothesis.ids)] = hypothesis.ids
        found[f"search.{name}.ids"] = ids
        found[f"search.{name}.scores"] = np.array([hypothesis.score for hypothesis in hypotheses])
    return found


def record(name: str) -> None:
    """Write FOLDER/NAME.npz."""
    model = build(name)
    weights = model.training.trainable_weights
    for weight in weights:
        weight.assign(SPREAD * np.asarray(weight))
    values = {f"weight.{index}": np.asarray(weight) for index, weight in enumerate(weights)} | inputs()
    values |= outputs(model, **inputs()) | searched(model, inputs()["source_ids"])
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / f"{name}.npz", **values)  # type: ignore[arg-type]


if __name__ == "__main__":
    for architecture in ARCHITECTURES:
        record(architecture)
