"""A run: the folder of one training."""

import csv
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.device.manifest import Manifest
from seq2edge.device.runner import Runner
from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.seq2seq import LENGTH_MULTIPLE, Seq2Seq, build_seq2seq
from seq2edge.pipeline.data.dataset import FORMAT, Dataset
from seq2edge.pipeline.files import DATA_FOLDER, HISTORY_FILE, MODEL_FILE, RECIPE_FILE
from seq2edge.pipeline.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe


@dataclass(frozen=True)
class Run:
    """A run on disk: its recipe, its dataset and its best model."""

    path: Path
    recipe: Recipe
    data: Dataset

    @classmethod
    def open(cls, path: Path) -> "Run":
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
        return cls(path, load_recipe(path / RECIPE_FILE), data)

    def history(self) -> list[dict[str, float]]:
        """A row for each epoch: its number, losses, scores, and the seconds since the start of training."""
        with (self.path / HISTORY_FILE).open(encoding="utf-8") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]

    def model(self) -> Seq2Seq:
        """The best model, in float32."""
        model = build_seq2seq(model_config(self.recipe, self.data))
        model.training.load_weights(self.path / MODEL_FILE)
        return model

    def manifest(self) -> Manifest:
        """The manifest of a bundle of this run before an export fills in files, signatures and measurements."""
        recipe = self.recipe
        source, target = recipe.data.normalisations
        return Manifest(
            name=recipe.name,
            task=recipe.task,
            signatures={},
            states=[],
            beam_sizes=sorted(recipe.export.beam_sizes),
            vocabulary={"source": self.data.source_vocabulary, "target": self.data.target_vocabulary},
            source_length=recipe.model.source_length,
            target_length=recipe.model.target_length,
            processors={
                "source": {"type": "text", "normalisation": source},
                "target": {"type": "text", "normalisation": target},
            },
            decoding={
                "beam": recipe.decoding.beam,
                "length_penalty": recipe.decoding.length_penalty,
                "max_length": recipe.model.target_length,
            },
            fallback=None,
            files={},
            quantization="none",
            operators=[],
            runtimes=[],
            constants={},
            weights=[],
            verified_on=[],
            scores={},
            licence=recipe.data.licence,
            languages=recipe.data.languages,
            length_bucket=LENGTH_MULTIPLE,
            created_with=f"seq2edge {importlib.metadata.version('seq2edge')}",
        )

    def runner(self) -> Runner:
        """The runner that ships, with the Keras model in place of a model file."""
        return Runner(self.manifest(), KerasSequenceModel(self.model()), self.data.codec())


def refuse_other_format(path: Path, data: Dataset) -> None:
    """Refuse a run whose recipe and data another version of the project wrote.

    Raises:
        UserError: With the command that makes the run again.
    """
    if (found := data.summary.get("format")) != FORMAT:
        raise UserError(
            f"{path}: run of format {found}, this version reads {FORMAT}; train it again: "
            f"seq2edge train RECIPE --output {path} --overwrite"
        )


def model_config(recipe: Recipe, data: Dataset) -> Seq2SeqConfig:
    """The configuration of a recipe's model for the vocabularies of a dataset."""
    return recipe.model.config(data.source_vocabulary, data.target_vocabulary, recipe.tokenizer.joint)
