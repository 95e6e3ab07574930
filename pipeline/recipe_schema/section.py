"""A section of a recipe, and the error of settings that do not go together."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A section of a recipe: unknown keys are refused, and values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def misfit(mistakes: list[str]) -> PydanticCustomError:
    """An error for settings that do not go together, one on each line: "key = value: reason; allowed: …"."""
    return PydanticCustomError("misfit", "{mistakes}", {"mistakes": "\n".join(mistakes)})
