"""The families of models, by their names in `device/tasks.py`. A new family is a module and an entry here."""

from seq2edge.device.tasks import TASKS
from seq2edge.device.tasks import Family as FamilyName
from seq2edge.pipeline.families import classification, seq2seq
from seq2edge.pipeline.families.interface import Family

FAMILIES: dict[FamilyName, Family] = {"seq2seq": seq2seq, "classification": classification}


def family_of(task: str) -> Family:
    """Return the family of a task's models."""
    return FAMILIES[TASKS[task].family]
