"""Layers whose arguments are a typed config and a few values that concern the whole model."""

import dataclasses
from typing import Any, ClassVar, Self

import keras


class ConfiguredLayer(keras.layers.Layer):
    """Saves and loads a layer whose first argument is a config.

    Attributes:
        CONFIG: Class of the config.
        SETTINGS: Names of the other arguments; each is an attribute of the same name.
    """

    CONFIG: ClassVar[type]
    SETTINGS: ClassVar[tuple[str, ...]]
    config: Any

    def get_config(self) -> dict[str, Any]:
        settings = {name: getattr(self, name) for name in self.SETTINGS}
        return {**super().get_config(), "config": dataclasses.asdict(self.config), **settings}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**{**config, "config": cls.CONFIG(**config["config"])})
