"""Functions that all families use."""

import importlib.metadata
from typing import Any

from seq2edge.models.encoders.build import LENGTH_MULTIPLE
from seq2edge.pipeline.data.dataset import Dataset
from seq2edge.pipeline.recipe_schema.recipe import Recipe


def manifest_fields(recipe: Recipe, data: Dataset) -> dict[str, Any]:
    """Return the fields of a manifest that every family fills in the same way."""
    return {
        "name": recipe.name,
        "task": recipe.task,
        "source_length": recipe.model.source_length,
        "length_bucket": LENGTH_MULTIPLE,
        "processors": {"source": data.processor(recipe).to_manifest()},
        "licence": recipe.data.licence_notice,
        "made_from": {"recipe": recipe.digest(), **data.content},
        "created_with": f"seq2edge {importlib.metadata.version('seq2edge')}",
    }
