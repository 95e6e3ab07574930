"""Reads bundle.json."""

import json
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import fields, mistakes
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.manifests.common import CHECKSUM, SCHEMA_VERSION, Manifest, checksum_of
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.tasks import TASKS, Family

MANIFESTS: dict[Family, type[Manifest]] = {"seq2seq": Seq2SeqManifest, "classification": ClassificationManifest}
SHOWN_MISTAKES = 5


def manifest_from_json(content: bytes) -> Manifest:
    """Parse bundle.json.

    Raises:
        UserError: If the schema version is not supported, or the manifest was altered or contradicts itself. The
            message lists the first mistakes.
    """
    values = _object(content)
    version = values.get("schema_version")
    if type(version) is not int or version != SCHEMA_VERSION:
        is_older = type(version) is int and version < SCHEMA_VERSION
        todo = "export the run again: seq2edge export RUN" if is_older else "upgrade seq2edge"
        raise UserError(f"schema version must be {SCHEMA_VERSION}, got {version!r}; {todo}")
    if values.pop(CHECKSUM, None) != checksum_of(values):
        raise UserError(f"altered (its content does not match its {CHECKSUM}); copy it again")
    if (task := values.get("task")) not in tuple(TASKS):
        raise _damaged([f"task must be one of {', '.join(TASKS)}, got {str(task)[:60]!r}"])
    kind: Any = MANIFESTS[TASKS[task].family]
    if found := list(mistakes(values, kind)):
        raise _damaged(found)
    manifest: Manifest = kind.of_values({name: value for name, value in values.items() if name in fields(kind)})
    if found := list(manifest.contradictions()):
        raise _damaged(found)
    return manifest


def _damaged(found: list[str]) -> UserError:
    more = [f"{len(found) - SHOWN_MISTAKES} more"] if len(found) > SHOWN_MISTAKES else []
    return UserError(f"damaged: {'; '.join([*found[:SHOWN_MISTAKES], *more])}")


def _object(content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content.decode("utf-8"))
        json.dumps(values, ensure_ascii=False).encode()  # "\ud800" in JSON is half a character, which no text may have
    except (ValueError, RecursionError) as error:
        raise UserError(f"damaged: {error}") from None
    if not isinstance(values, dict):
        raise UserError("damaged: not an object")
    return values
