"""The family of encoder-decoders, which map a source to text."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from seq2edge.device.manifests.common import TextProcessor
from seq2edge.device.manifests.seq2seq import Decoding, Seq2SeqManifest
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.decoding import decode
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.turn_taking import read_turns
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.ensemble import EnsembleConfig, build_ensemble
from seq2edge.models.loss import SequenceLoss
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq
from seq2edge.pipeline.data.batches import Collate
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.families.common import manifest_fields
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.recipe import Training
from seq2edge.pipeline.recipe_schema.seq2seq import Model, Seq2SeqRecipe


def model_config(recipe: Seq2SeqRecipe, data: Dataset) -> Seq2SeqConfig | EnsembleConfig:
    def config(model: Model) -> Seq2SeqConfig:
        known = model.config(data.vocabulary["source"], data.vocabulary["target"], recipe.tokenizer.joint)
        table = data.copy_table() if model.copy and not recipe.tokenizer.joint else None
        return dataclasses.replace(known, unknown=data.has_unknown, copy_table=table)

    return EnsembleConfig(tuple(map(config, recipe.members))) if recipe.is_ensemble else config(recipe.model)


def build_models(config: Seq2SeqConfig | EnsembleConfig, dtype: str = "float32", unroll: int = 1) -> Seq2Seq:
    if isinstance(config, EnsembleConfig):
        return build_ensemble(config, dtype, unroll)
    return build_seq2seq(config, dtype, unroll)


def collate(settings: Training) -> Collate:
    return partial(collate_seq2seq, word_dropout=settings.word_dropout)


def loss(settings: Training) -> SequenceLoss:
    return SequenceLoss(settings.label_smoothing)


def answers(models: Seq2Seq, recipe: Seq2SeqRecipe, data: Dataset, sources: Sequence[Any]) -> Callable[[], list[str]]:
    processor, tokenizer, decoder = data.processor(recipe), data.target_tokenizer(), KerasSequenceModel(models)
    features = [processor(source, recipe.model.source_length) for source in sources]
    options = DecodingOptions(max_length=recipe.model.target_length)

    def decoded() -> list[str]:
        found = decode(decoder, features, options)
        return [
            processor.fill(source, tokenizer.decode(best.ids))
            for source, (best, *_) in zip(sources, found, strict=True)
        ]

    return decoded


def manifest(recipe: Seq2SeqRecipe, data: Dataset) -> Seq2SeqManifest:
    fields = manifest_fields(recipe, data)
    decoding: Decoding = {
        "beam": recipe.decoding.beam,
        "length_penalty": recipe.decoding.length_penalty,
        "max_length": recipe.model.target_length,
    }
    if recipe.decoding.all_items:
        decoding["all_items"] = True
    target: TextProcessor = {"type": "text", "normalisation": recipe.data.normalisations[1]}
    return Seq2SeqManifest(
        **{**fields, "processors": {**fields["processors"], "target": target}},
        languages=recipe.data.languages,
        vocabulary={"source": data.vocabulary["source"], "target": data.vocabulary["target"]},
        target_length=recipe.model.target_length,
        states=[],
        beam_sizes=sorted(recipe.export.beam_sizes),
        decoding=decoding,
        fallback=None,
        unknown=data.has_unknown,
    )


def runner(recipe: Seq2SeqRecipe, data: Dataset, models: Seq2Seq) -> Seq2SeqRunner:
    decoder = KerasSequenceModel(models)
    follow_ups = read_turns(data.turns) if data.turns.is_file() else ()
    return Seq2SeqRunner(
        manifest(recipe, data), decoder, data.processor(recipe), data.target_tokenizer(), follow_ups=follow_ups
    )
