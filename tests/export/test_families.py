"""Modules shared by all families name none of them. A new family is a separate module."""

import re
from pathlib import Path

import pytest

from seq2edge.device.tasks import TASKS
from seq2edge.export.families.registry import FAMILIES

ROOT = Path(__file__).parents[2]
NAMES = {
    "export": ("bundle", "manifest", "verify", "card", "options", "weights", "held_out", "saved_model"),
    "pipeline/training": ("trainer", "setup", "passes", "snapshot", "validation", "averaging"),
    "device/runners": ("interface",),
}
FILES = [ROOT / folder / f"{name}.py" for folder, names in NAMES.items() for name in names]
FAMILY_OR_MODALITY = re.compile(
    r"seq2seq|classif|encoder|decoder|SequenceModel|"
    r"source_ids|input_features|pixel|audio|sound|speech|image|TextProcessor|processors\.text",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_shared_modules_name_no_family_and_no_modality(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if FAMILY_OR_MODALITY.search(line)] == []


def test_the_family_of_every_task_can_be_exported():
    assert {task.family for task in TASKS.values()} == set(FAMILIES)
