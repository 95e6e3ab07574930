"""The base class of sections, and the error for settings that do not fit together."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Base class of the sections of a recipe. Unknown keys are refused, and values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def misfit(mistakes: list[str]) -> PydanticCustomError:
    """Make an error for settings that do not fit together, one per line: "key must be …, got value"."""
    return PydanticCustomError("misfit", "{mistakes}", {"mistakes": "\n".join(mistakes)})
