"""A run: the folder of one training."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from seq2edge.device.errors import UserError, first_line
from seq2edge.pipeline.data.dataset import FORMAT, Dataset
from seq2edge.pipeline.families.registry import family_of
from seq2edge.pipeline.files import DATA_FOLDER, HISTORY_FILE, MODEL_FILE, RECIPE_FILE, UNREADABLE
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe, covariant=True)


@dataclass(frozen=True)
class Run(Generic[AnyRecipe]):
    """A run on disk: its recipe, its dataset and its best model."""

    path: Path
    recipe: AnyRecipe
    data: Dataset

    @classmethod
    def open(cls, path: Path) -> "Run[Any]":
        """Open a run.

        Raises:
            UserError: If the folder is not a run, was made by another version, or has no model yet.
        """
        for needed in (RECIPE_FILE, MODEL_FILE, DATA_FOLDER):
            if not (path / needed).exists():
                raise UserError(
                    f"{path}: not a finished run, {needed} is missing; create one with: seq2edge train RECIPE"
                )
        data = Dataset.open(path / DATA_FOLDER)
        refuse_other_format(path, data)
        return Run(path, load_recipe(path / RECIPE_FILE), data)

    def history(self) -> list[dict[str, float]]:
        """Return a row for each epoch: its number, losses, scores, and the seconds since training started."""
        with (self.path / HISTORY_FILE).open(encoding="utf-8") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

    def model(self) -> Any:
        """Build the family's models with the best weights, in float32."""
        family = family_of(self.recipe.task)
        models = family.build_models(family.model_config(self.recipe, self.data))
        self.load_weights(models.training)
        return models

    def load_weights(self, model: Any) -> None:
        """Load the best weights into a model like the one that was trained.

        Raises:
            UserError: If the file of weights is damaged or belongs to another model.
        """
        path = self.path / MODEL_FILE
        try:
            model.load_weights(path)
        except UNREADABLE as error:
            reason = first_line(error)[:200]
            raise UserError(f"{path}: damaged, or of another model: {reason}; resume or repeat the training") from None

    def manifest(self) -> Any:
        """Return the manifest of a bundle of this run, without the files, signatures and measurements of an export."""
        return family_of(self.recipe.task).manifest(self.recipe, self.data)

    def runner(self) -> Any:
        """Return the runner that is used on the device, with Keras models instead of a model file."""
        return family_of(self.recipe.task).runner(self.recipe, self.data, self.model())


def refuse_other_format(path: Path, data: Dataset) -> None:
    """Refuse a run whose recipe and data another version of the project wrote.

    Raises:
        UserError: If the format differs. The message has the command that trains the run again.
    """
    if (found := data.summary.get("format")) != FORMAT:
        raise UserError(
            f"{path}: run of format {found}, this version reads {FORMAT}; train it again: "
            f"seq2edge train RECIPE --output {path} --overwrite"
        )
