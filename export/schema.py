"""Builds the JSON Schema of bundle.json from the types of the manifest.

To update the file: `python -m seq2edge.export.schema > docs/bundle.schema.json`.
"""

import dataclasses
import inspect
import json
import re
import types
import typing
from typing import Any

from seq2edge.device.json_types import Between, Items, JsonType, Pattern, fields, required_fields
from seq2edge.device.manifests.common import CHECKSUM, Sha256
from seq2edge.device.manifests.read import MANIFESTS
from seq2edge.device.tasks import TASKS, Family

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {int: "integer", float: "number", str: "string", bool: "boolean", types.NoneType: "null"}
CHECKSUM_MEANING = (
    "SHA-256 of the other fields as JSON with sorted keys, "
    'separators ", " and ": ", and escapes for non-ASCII characters.'
)


def manifest_schema() -> dict[str, Any]:
    """Return the schema. A file may have further fields only at its top level."""
    definitions: dict[str, Any] = {}
    families = [_family_schema(family, definitions) for family in MANIFESTS]
    head = {"$schema": DRAFT, "title": "bundle.json of seq2edge", "oneOf": families}
    return head | {"$defs": dict(sorted(definitions.items()))}


def _family_schema(family: Family, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a family's manifests, which the tasks distinguish from those of other families."""
    kind = MANIFESTS[family]
    manifest = _object_schema(kind, definitions)
    manifest["properties"]["task"]["enum"] = [task.name for task in TASKS.values() if task.family == family]
    manifest["properties"][CHECKSUM] = _schema(Sha256, definitions) | {"description": CHECKSUM_MEANING}
    manifest["required"].append(CHECKSUM)
    del manifest["additionalProperties"]
    definitions[kind.__name__] = manifest
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type. Schemas of objects with fields are added to `definitions`, by name."""
    found = JsonType.of(hint)
    if found.kind is Any:
        return {}
    if found.kind is typing.Literal:
        return {"const": found.inner[0]} if len(found.inner) == 1 else {"enum": list(found.inner)}
    if found.kind is types.UnionType:
        return {"anyOf": [_schema(one, definitions) for one in found.inner]}
    if found.kind is list:
        return {"type": "array", "items": _schema(found.inner[0], definitions), **_bound(found)}
    if found.kind is dict:
        return {"type": "object", "additionalProperties": _schema(found.inner[1], definitions), **_bound(found)}
    if not found.is_object:
        return {"type": TYPES[found.kind], **_bound(found)}
    name = found.kind.__name__
    if name not in definitions:
        definitions[name] = _object_schema(found.kind, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _bound(found: JsonType) -> dict[str, Any]:
    if isinstance(found.bound, Between):
        return {"minimum": found.bound.least, "maximum": found.bound.most}
    if isinstance(found.bound, Pattern):
        return {"pattern": f"^{found.bound.regex}$"}
    if isinstance(found.bound, Items):
        what = "Items" if found.kind is list else "Properties"
        bounds = {f"min{what}": found.bound.least or None, f"max{what}": found.bound.most}
        return {name: bound for name, bound in bounds.items() if bound is not None}
    return {}


def _object_schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    summary, of_field = _documentation(kind)
    properties = {name: _schema(hint, definitions) for name, hint in fields(kind).items()}
    for name, text in of_field.items():
        properties[name]["description"] = text
    return {
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in required_fields(kind)],
        "additionalProperties": False,
    }


def _documentation(kind: Any) -> tuple[str, dict[str, str]]:
    """Return the summary of a docstring, and the descriptions of its attributes by name."""
    summary, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    names = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    texts: dict[str, str] = {}
    for base in kind.__bases__:
        if dataclasses.is_dataclass(base):
            texts |= _documentation(base)[1]
    for entry in re.split(r"\n {4}(?=\S)", f"\n{attributes}")[1:]:
        listed, _, text = entry.partition(": ")
        texts |= {name: " ".join(text.split()) for name in listed.split(", ") if name in names}
    return " ".join(summary.split()), texts


if __name__ == "__main__":
    print(json.dumps(manifest_schema(), ensure_ascii=False, indent=2))
