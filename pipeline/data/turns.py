"""Builds turns.json: a chat's replies to messages that refer to its previous reply."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seq2edge.device.turn_taking import FollowUp, TurnsJson
from seq2edge.pipeline.data.corpus import TURNS
from seq2edge.pipeline.data.locate import Wanted, locate
from seq2edge.pipeline.data.readers import Pair, read_pairs
from seq2edge.pipeline.recipe_schema.data import File
from seq2edge.pipeline.recipe_schema.seq2seq import FollowUpSettings, Seq2SeqRecipe


def turns_json(recipe: Any, recipe_folder: Path | None = None) -> str:
    """Return the content of turns.json for a recipe; empty if it has no follow-ups.

    Raises:
        UserError: If a file of pairs cannot be read.
    """
    settings = recipe.decoding.follow_ups if isinstance(recipe, Seq2SeqRecipe) else []
    if not settings:
        return ""
    turns: TurnsJson = {"follow_ups": [_follow_up(one, recipe_folder) for one in settings]}
    return json.dumps(turns, ensure_ascii=False, indent=1) + "\n"


def _follow_up(settings: FollowUpSettings, recipe_folder: Path | None) -> FollowUp:
    answers = None if settings.path is None else _answers(_pairs(settings.path, recipe_folder))
    return {"replies": settings.replies, "answers": answers}


def _pairs(path: str, recipe_folder: Path | None) -> Iterable[Pair]:
    if path in TURNS:
        return TURNS[path]()
    return read_pairs(File(path=path), locate(Wanted(path), recipe_folder), None)


def _answers(pairs: Iterable[Pair]) -> dict[str, str]:
    return {pair.source: pair.target for pair in pairs}
