"""The recipe of a classifier."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import tomli_w
from pydantic import AfterValidator, model_validator

from seq2edge.models.checks import as_toml
from seq2edge.models.config import ClassifierSettings
from seq2edge.models.encoders.config import EncoderConfig, RecurrentEncoderConfig
from seq2edge.pipeline.recipe_schema.recipe import Recipe
from seq2edge.pipeline.recipe_schema.section import misfit
from seq2edge.pipeline.recipe_schema.sides import BY_KIND


@dataclass(frozen=True, kw_only=True)
class ClassifierModel(ClassifierSettings):
    """`ClassifierSettings` in a recipe. The encoder is a table, or only its kind: `encoder = "gru"`."""

    encoder: Annotated[EncoderConfig, *BY_KIND] = field(default_factory=RecurrentEncoderConfig)


def _settings_fit(model: ClassifierModel) -> ClassifierModel:
    if mistakes := model.config(1, 1).mistakes():
        raise misfit(mistakes)
    return model


class ClassificationRecipe(Recipe):
    TEXT_SIDES: ClassVar[tuple[str, ...]] = ("source",)
    STOP_ON: ClassVar[tuple[str, ...]] = ("loss", "accuracy", "macro_f1")
    # Keys that concern the text of targets. A recipe for labels must not have them; they get these values.
    IMPLIED: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {
            "target_language": None,
            "target_normalisation": None,
            "reverse": False,
            "split_by": "source",
            "max_length_ratio": math.inf,
            "keep_identical": True,
        },
        "tokenizer": {"joint": False, "target_vocabulary": None, "target_phrases": False, "slots": 0},
        "training": {"scheduled_sampling": 0.0, "pretrain_epochs": 0},
    }

    model: Annotated[ClassifierModel, AfterValidator(_settings_fit)] = ClassifierModel()

    @model_validator(mode="before")
    @classmethod
    def _add_implied(cls, values: Any) -> Any:
        """Refuse the keys of `IMPLIED`, and add them with their values for labels."""
        if not isinstance(values, dict):
            return values
        mistakes, values = [], dict(values)
        for section, implied in cls.IMPLIED.items():
            given = values.get(section, {})
            if isinstance(given, dict):
                mistakes += list(_refused(section, given, implied))
                values[section] = {**given, **implied}
        if mistakes:
            raise misfit(mistakes)
        return values

    def to_toml(self) -> str:
        values = self.model_dump(exclude_none=True)
        for section, implied in self.IMPLIED.items():
            values[section] = {key: value for key, value in values[section].items() if key not in implied}
        return tomli_w.dumps(values)


def _refused(section: str, given: Mapping[str, Any], implied: Mapping[str, Any]) -> Iterator[str]:
    for key in implied.keys() & given.keys():
        yield f"{section}.{key} = {as_toml(given[key])}: only for targets that are text, these are labels; leave it out"
