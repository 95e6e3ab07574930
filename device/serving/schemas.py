"""JSON Schemas of requests and responses, for /openapi.json. Those of options follow the runner's options."""

import dataclasses
import math
from typing import Any

from seq2edge.device.option import Option
from seq2edge.device.runners.interface import Runner
from seq2edge.device.serving.requests import FIELDS

Schema = dict[str, Any]
TYPES = {int: "integer", float: "number", bool: "boolean", str: "string", tuple: "array"}
TEXT, NUMBER, TEXT_OR_NULL = {"type": "string"}, {"type": "number"}, {"type": ["string", "null"]}
ANY_OBJECT = {"type": "object"}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), **more}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


ERROR = _object({"error": TEXT})
RESULT = _object(
    {
        "text": TEXT,
        "score": NUMBER,
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "fallback": {"type": "boolean"},
        "alternatives": _list(_object({"text": TEXT, "score": NUMBER})),
        "cut": TEXT_OR_NULL,
        "unread": TEXT_OR_NULL,
        "unsure": TEXT_OR_NULL,
        "missing": _list(TEXT),
        "seconds": NUMBER,
        "guard": TEXT_OR_NULL,
        "previous": TEXT,
    }
)
RESULTS = _object({"results": _list(RESULT)})
ENTRIES = _object({"results": _list({"oneOf": [RESULT, ERROR]}), "failed": {"type": "integer"}})
HEALTH = _object({"status": TEXT, "bundle": TEXT, "task": TEXT})


def request_schema(runner: Runner[Any]) -> Schema:
    """Schema of the body of a POST, with the defaults of the bundle."""
    defaults = dataclasses.asdict(runner.options())
    options = {name: option_schema(option, defaults[name]) for name, option in runner.OPTIONS.items()}
    one_of = [{"required": ["text"]}, {"required": ["texts"]}]
    return {"type": "object", "properties": FIELDS | options, "oneOf": one_of, "additionalProperties": False}


def option_schema(option: Option, default: Any) -> Schema:
    """Schema of an option of a runner, with its bounds."""
    schema: Schema = {"type": TYPES[option.type], "description": option.help}
    if option.type is tuple:
        schema["items"] = TEXT
    if default is None:
        schema["type"] = [schema["type"], "null"]
    if (allowed := option.allowed) is not None:
        schema["exclusiveMinimum" if allowed.exclusive else "minimum"] = allowed.least
        if allowed.most != math.inf:
            schema["maximum"] = allowed.most
    return schema | {"default": default}


def json_body(schema: Schema) -> Schema:
    """The OpenAPI description of a JSON body."""
    return {"content": {"application/json": {"schema": schema}}}
