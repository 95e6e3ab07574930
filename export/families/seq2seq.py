"""The export of encoder-decoders: signatures of encoder and decoder step, states, and a shortlist."""

import json
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from seq2edge.device import signature_names
from seq2edge.device.bundle import Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.guard import FILE as GUARD
from seq2edge.device.guard import GuardJson
from seq2edge.device.manifests.common import Signature
from seq2edge.device.manifests.seq2seq import Fallback, Seq2SeqManifest, State
from seq2edge.device.processors.interface import Features
from seq2edge.device.scripts import scripts_of
from seq2edge.device.shortlist import FILE as SHORTLIST
from seq2edge.device.turn_taking import FILE as TURNS
from seq2edge.device.turns import message_of
from seq2edge.export.beam import GraphBeam
from seq2edge.export.families.interface import Extra, Savable
from seq2edge.export.families.seq2seq_comparison import Seq2SeqComparison, best_hypotheses
from seq2edge.export.families.seq2seq_signatures import Seq2SeqSignatures
from seq2edge.export.guard import build_guard
from seq2edge.export.options import BundleSettings
from seq2edge.export.usual_confidence import usual_confidence
from seq2edge.models.seq2seq import Seq2Seq
from seq2edge.pipeline.evaluation.fallback_threshold import fallback_threshold
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.files import write_bytes, write_text
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.lexicon import learn_shortlist

MOST_SOURCES = 20_000  # training sources whose scripts are counted
NEARLY_ALL = 0.98
EXTRAS: tuple[Extra, ...] = ("saved-model", "onnx", "suggest-float")


def signatures(run: Run[Seq2SeqRecipe], model: Seq2Seq, settings: BundleSettings) -> Seq2SeqSignatures:
    section = settings.section
    if section.shortlist and model.config.copy and run.recipe.is_ensemble:
        raise UserError(
            f"export.shortlist must be 0 for an ensemble with members that copy, got {section.shortlist}; "
            "it scores all tokens"
        )
    if section.shortlist and run.data.has_unknown:
        raise UserError(
            f"export.shortlist must be 0 for a model that was trained with sources without an answer, got "
            f"{section.shortlist}; with a shortlist every answer seems likely"
        )
    return Seq2SeqSignatures(
        model, section.beam_sizes, run.recipe.model.target_length, section.shortlist > 0, settings.fixed_lengths
    )


def manifest_fields(run: Run[Seq2SeqRecipe], model: Seq2Seq, signatures: dict[str, Signature]) -> dict[str, Any]:
    encoded = signatures[signature_names.encode()]["outputs"]
    return {
        "states": [State(name, **encoded[name], mutable=True) for name in model.state_names],
        "fallback": _fallback(run, model),
        "source_script": _source_script(run),
    }


def measured_fields(run: Run[Seq2SeqRecipe], bundle: Bundle[Seq2SeqManifest]) -> dict[str, Any]:
    return {} if bundle.manifest.fallback else {"usual_confidence": usual_confidence(run, bundle)}


def _source_script(run: Run[Seq2SeqRecipe]) -> str:
    """Return the most frequent script of which nearly all training sources have letters; empty: there is none."""
    sources = [message_of(pair.source) for pair in run.data.training_texts(MOST_SOURCES)]
    counts = Counter(script for source in sources for script in scripts_of(source))
    script, count = max(counts.items(), key=itemgetter(1), default=("", 0))
    return script if count and count >= NEARLY_ALL * len(sources) else ""


def _fallback(run: Run[Seq2SeqRecipe], model: Seq2Seq) -> Fallback | None:
    """Return the recipe's fallback, with the threshold for this model."""
    wanted = run.recipe.decoding.fallback
    if wanted is None or not (threshold := fallback_threshold(run, model)):
        return None
    return Fallback(threshold, wanted.replies)


def write_files(run: Run[Seq2SeqRecipe], settings: BundleSettings, folder: Path) -> None:
    """Write the guard, the follow-ups and the shortlist, if the recipe has them."""
    if guard := _guard(run):
        write_text(folder / GUARD, json.dumps(guard, ensure_ascii=False, separators=(",", ":")) + "\n")
    if run.data.turns.is_file():
        write_text(folder / TURNS, run.data.turns.read_text(encoding="utf-8"))
    if size := settings.section.shortlist:
        data, sizes = run.data, run.data.vocabulary
        lexicon = learn_shortlist(data.train, sizes["source"], sizes["target"], size, _copies(run))
        write_bytes(folder / SHORTLIST, lexicon.to_bytes())


def _copies(run: Run[Seq2SeqRecipe]) -> Sequence[int]:
    """Return the target token that copying each source token writes; empty if the model does not copy."""
    if not run.recipe.model.copy:
        return ()
    return range(run.data.vocabulary["source"]) if run.recipe.tokenizer.joint else run.data.copy_table()


def _guard(run: Run[Seq2SeqRecipe]) -> GuardJson | None:
    """Return the guard of the recipe; None if it has no category."""
    guard = build_guard(run.recipe.guard) if run.recipe.guard else None
    return guard if guard and guard["categories"] else None


def compare(
    run: Run[Seq2SeqRecipe], model: Seq2Seq, bundle: Bundle[Seq2SeqManifest], sources: Sequence[Features]
) -> Seq2SeqComparison:
    return Seq2SeqComparison(run.data.processor(run.recipe), run.data.target_tokenizer(), bundle, model, sources)


def text_model(run: Run[Seq2SeqRecipe]) -> Savable:
    """Return greedy search and beam search from text to text."""
    from seq2edge.export.families.seq2seq_text_model import Seq2SeqTextModel  # tensorflow-text may be missing
    from seq2edge.export.text_codec import GraphTextDecoder, GraphTextEncoder
    from seq2edge.export.text_guard import GraphGuard

    if run.recipe.tokenizer.slots:
        raise UserError(
            f"tokenizer.slots must be 0 for a SavedModel from text to text, got {run.recipe.tokenizer.slots}; "
            "export a bundle instead"
        )
    recipe, (source, target) = run.recipe, (tokenizer.read_bytes() for tokenizer in run.data.tokenizers)
    encoder = GraphTextEncoder(source, recipe.data.normalisations[0], recipe.model.source_length)
    search = GraphBeam.from_recipe(recipe, run.data.has_unknown)
    guard = _guard(run)
    return Seq2SeqTextModel(
        run.model(),
        recipe.export.beam_sizes,
        search,
        encoder,
        GraphTextDecoder(target),
        GraphGuard(guard) if guard else None,
    )


def text_model_answers(run: Run[Seq2SeqRecipe], sources: Sequence[Features]) -> dict[tuple[str, str], list[str]]:
    search = GraphBeam.from_recipe(run.recipe, run.data.has_unknown)
    tokenizer, model = run.data.target_tokenizer(), KerasSequenceModel(run.model())
    return {
        (signature, "text"): [tokenizer.decode(best.ids) for best in best_hypotheses(model, sources, options)]
        for signature, options in (("serving_default", search.greedy_options()), ("beam", search.options()))
    }
