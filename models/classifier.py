"""A text classifier: an encoder, pooling over its memory, and a dense layer."""

from dataclasses import dataclass

import keras
from keras import ops

from seq2edge.models.config import ClassifierConfig
from seq2edge.models.encoders.build import SourceLayers, build_encoder, source_embedding, source_scale
from seq2edge.models.layers.cells import sequence_dropout
from seq2edge.models.layers.pooling import AttentionPooling, Pooling


@dataclass(frozen=True)
class Classifier:
    """Two functional Keras models that share their layers. Batch size and length are dynamic.

    Attributes:
        training: `source_ids` int32 (batch, source_length) → logits (batch, classes), float32.
        classify: `source_ids` → `logits`. With attention pooling it also returns `attention` (batch, source_length),
            the weights of the source tokens.
    """

    config: ClassifierConfig
    training: keras.Model
    classify: keras.Model


def build_classifier(config: ClassifierConfig, dtype: str = "float32", unroll: int = 1) -> Classifier:
    """Build a classifier with fresh weights.

    Args:
        dtype: Keras dtype policy of the layers, e.g. "mixed_bfloat16".
        unroll: As for `build_seq2seq`.

    Raises:
        ValueError: If settings are not allowed or do not fit together. The message has one line for each.
    """
    if mistakes := config.mistakes():
        raise ValueError("\n".join(mistakes))
    layers = SourceLayers(
        embedding=source_embedding(config, dtype),
        scale=source_scale(config, dtype),
        dropout=sequence_dropout(config.dropout, config.variational_dropout, dtype),
        encoder=build_encoder(config, dtype, unroll),
    )
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    encoded = layers.encode(source_ids, config.pad_id)
    shown = {}
    if config.pooling == "attention":
        pooled, shown["attention"] = AttentionPooling(dtype=dtype, name="pooling")(encoded.memory, encoded.mask)
    else:
        pooled = Pooling(config.pooling, dtype=dtype, name="pooling")(encoded.memory, encoded.mask)
    pooled = keras.layers.Dropout(config.dropout, dtype=dtype, name="pooled_dropout")(pooled)
    logits = ops.cast(keras.layers.Dense(config.classes, dtype=dtype, name="classifier")(pooled), "float32")
    training = keras.Model(source_ids, logits, name="classifier_training")
    return Classifier(config, training, keras.Model(source_ids, {"logits": logits, **shown}, name="classify"))
