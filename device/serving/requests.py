"""The bodies of requests."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seq2edge.device.errors import TextError, UserError
from seq2edge.device.turns import with_previous

MAX_TEXTS, MAX_BATCH = 100, 1000  # of one request to /run and to /v1/batch
FIELDS: dict[str, dict[str, Any]] = {  # of a request, beside the options of the runner, as JSON Schemas
    "text": {"type": "string", "description": "the text to answer"},
    "texts": {"type": "array", "items": {"type": "string"}, "description": "the texts to answer, in place of text"},
    "previous": {
        "type": "string",
        "default": "",
        "description": "what the text of a conversation may refer to: previous of the answer before",
    },
    "attention": {
        "type": "boolean",
        "default": False,
        "description": "return the tokens, log-probabilities and attention of each part too",
    },
}


@dataclass(frozen=True)
class Request:
    """The body of a POST.

    Attributes:
        texts: Those of /v1/batch may have items of other types, which are mistakes of their own.
        settings: Fields of the options of the runner.
        attention: Whether the answer contains the parts with their attention.
        previous: The reply that the text of a conversation may refer to; `Result.previous` of the answer to it.
    """

    texts: list[Any]
    settings: dict[str, Any]
    attention: bool
    previous: str = ""

    @classmethod
    def from_json(cls, body: bytes, options: Iterable[str], max_characters: int) -> "Request":
        """Parse a body.

        Args:
            options: Names of the runner's options.
            max_characters: Of all its texts, those of options included.

        Raises:
            UserError: If it is not valid. The values of options are checked when they are used.
        """
        try:
            values = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UserError(f"body is not valid JSON: {error}") from None
        if not isinstance(values, dict):
            raise UserError('body is not a JSON object, such as {"text": "…"}')
        fields = (*FIELDS, *options)
        if unknown := sorted(values.keys() - set(fields)):
            raise UserError(f"{', '.join(unknown)}: unknown field; allowed are {', '.join(fields)}")
        if ("text" in values) == ("texts" in values):
            raise UserError("exactly one of text (a string) and texts (a list of strings) is needed")
        if (characters := _characters(values.values())) > max_characters:
            raise UserError(f"the texts have {characters:,} characters, allowed are {max_characters:,}")
        attention = values.pop("attention", False)
        previous = values.pop("previous", "")
        if not isinstance(previous, str) or (previous and "text" not in values):
            raise UserError("previous must be a string, and belongs to a single text")
        texts = [values.pop("text")] if "text" in values else values.pop("texts")
        if not isinstance(texts, list):
            raise UserError("text must be a string, texts a list of strings")
        _refuse_nested(values)
        return cls(texts, values, bool(attention), previous)

    def check_texts(self, most: int) -> None:
        """Raise a UserError if there are none or too many."""
        if not 1 <= len(self.texts) <= most:
            raise UserError(f"{len(self.texts)} texts, allowed are 1 to {most}")

    def sources(self, has_memory: bool) -> list[str]:
        """What a runner with or without memory gets.

        Raises:
            TextError: If a text is not a string.
        """
        if not all(isinstance(text, str) for text in self.texts):
            raise TextError("text must be a string, texts a list of strings")
        return [with_previous(text, self.previous) if has_memory else text for text in self.texts]

    def source(self, has_memory: bool, done: str) -> str:
        """The only source of a request that has one.

        Args:
            done: What is done with it, for the message.

        Raises:
            UserError: If there are more.
        """
        if len(self.texts) != 1:
            raise UserError(f"one text is {done} at a time")
        return self.sources(has_memory)[0]


def _characters(values: Iterable[Any]) -> int:
    """The length of all strings among values and in lists of them."""
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return sum(len(item) for item in items if isinstance(item, str))


def _refuse_nested(settings: dict[str, Any]) -> None:
    """Raise a UserError if a value is an object or a list of lists, which no option is."""
    for name, value in settings.items():
        if any(isinstance(item, dict | list) for item in (value if isinstance(value, list) else [value])):
            raise UserError(f"{name} is nested, allowed are a value and a list of texts")
