"""The recipe class of each family of models."""

from typing import Any

from seq2edge.device.tasks import TASKS, Family
from seq2edge.pipeline.recipe_schema.classification import ClassificationRecipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.seq2seq import Seq2SeqRecipe

RECIPE_TYPES: dict[Family, type[Recipe]] = {"seq2seq": Seq2SeqRecipe, "classification": ClassificationRecipe}


def recipe_type(task: Any) -> type[Recipe]:
    """Return the recipe class of a task. If there is no such task, validation by this class reports it."""
    known = TASKS.get(task) if isinstance(task, str) else None
    return RECIPE_TYPES[known.family] if known else Seq2SeqRecipe
