"""Parses the bodies of requests."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seq2edge.device.errors import TextError, UserError
from seq2edge.device.turns import with_previous

MAX_TEXTS, MAX_BATCH = 100, 1000  # texts in a request to /run, and to /v1/batch
FIELDS: dict[str, dict[str, Any]] = {  # JSON Schemas of the fields of a request, other than the options of the runner
    "text": {"type": "string", "description": "the text to answer"},
    "texts": {"type": "array", "items": {"type": "string"}, "description": "the texts to answer, instead of text"},
    "previous": {
        "type": "string",
        "default": "",
        "description": "the reply that the text may refer to: the field previous of the last answer",
    },
    "attention": {
        "type": "boolean",
        "default": False,
        "description": "also return the tokens, log-probabilities and attention of each part",
    },
}


@dataclass(frozen=True)
class Request:
    """The body of a POST.

    Attributes:
        texts: Texts to answer. Items of other types are allowed here; in /v1/batch each of them gets its own error.
        settings: Options of the runner.
        attention: Whether the answer contains the parts with their attention.
        previous: The reply that the text may refer to; `Result.previous` of the last answer in the conversation.
    """

    texts: list[Any]
    settings: dict[str, Any]
    attention: bool
    previous: str = ""

    @classmethod
    def from_json(cls, body: bytes, options: Iterable[str], max_characters: int) -> "Request":
        """Parse a body.

        Args:
            body: The body, as JSON.
            options: Names of the options of the runner.
            max_characters: Maximum number of characters of all texts, including those in options.

        Raises:
            UserError: If the body is not valid. The values of options are checked later, when they are used.
        """
        try:
            values = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UserError(f"body is not valid JSON: {error}") from None
        if not isinstance(values, dict):
            raise UserError('body is not a JSON object, such as {"text": "…"}')
        fields = (*FIELDS, *options)
        if unknown := sorted(values.keys() - set(fields)):
            raise UserError(f"{', '.join(unknown)}: unknown field; the fields are {', '.join(fields)}")
        if ("text" in values) == ("texts" in values):
            raise UserError("exactly one of text (a string) and texts (a list of strings) is needed")
        if (characters := _characters(values.values())) > max_characters:
            raise UserError(f"the texts must have at most {max_characters:,} characters, got {characters:,}")
        attention = values.pop("attention", False)
        previous = values.pop("previous", "")
        if not isinstance(previous, str) or (previous and "text" not in values):
            raise UserError("previous must be a string, and belongs to a single text")
        texts = [values.pop("text")] if "text" in values else values.pop("texts")
        if not isinstance(texts, list):
            raise UserError("text must be a string, and texts a list of strings")
        _refuse_nested(values)
        return cls(texts, values, bool(attention), previous)

    def check_texts(self, most: int) -> None:
        """Raise a `UserError` if there are no texts, or more than `most`."""
        if not 1 <= len(self.texts) <= most:
            raise UserError(f"the number of texts must be between 1 and {most}, got {len(self.texts)}")

    def sources(self, has_memory: bool) -> list[str]:
        """The sources for a runner with or without memory.

        Raises:
            TextError: If a text is not a string.
        """
        if not all(isinstance(text, str) for text in self.texts):
            raise TextError("text must be a string, and texts a list of strings")
        return [with_previous(text, self.previous) if has_memory else text for text in self.texts]

    def source(self, has_memory: bool, done: str) -> str:
        """The source of a request that must have exactly one text.

        Args:
            has_memory: Whether the runner has memory.
            done: Past participle for the message, such as "streamed".

        Raises:
            UserError: If there are several texts.
        """
        if len(self.texts) != 1:
            raise UserError(f"only one text can be {done} at a time")
        return self.sources(has_memory)[0]


def _characters(values: Iterable[Any]) -> int:
    """Total length of all strings, including strings in lists."""
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return sum(len(item) for item in items if isinstance(item, str))


def _refuse_nested(settings: dict[str, Any]) -> None:
    """Raise a `UserError` if a value is an object or a nested list; no option has such a value."""
    for name, value in settings.items():
        if any(isinstance(item, dict | list) for item in (value if isinstance(value, list) else [value])):
            raise UserError(f"{name} must be a single value or a list of strings, got a nested value")
