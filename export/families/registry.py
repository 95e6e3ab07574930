"""The families of models, by their names in `device/tasks.py`. A new family is a module and an entry here."""

from seq2edge.device.errors import UserError
from seq2edge.device.tasks import TASKS
from seq2edge.device.tasks import Family as FamilyName
from seq2edge.export.families import classification, seq2seq
from seq2edge.export.families.interface import Extra, Family

FAMILIES: dict[FamilyName, Family] = {"seq2seq": seq2seq, "classification": classification}


def family_of(task: str) -> Family:
    """Return the family of a task's models."""
    return FAMILIES[TASKS[task].family]


def require_extra(task: str, extra: Extra) -> None:
    """Refuse an export that the models of a task do not have.

    Raises:
        UserError: If they do not have it. The message lists the exports that they have.
    """
    offered = family_of(task).EXTRAS
    if extra not in offered:
        others = ", ".join(f"--{name}" for name in offered)
        raise UserError(f"--{extra}: not for a model of the task {task}; its exports are bundles and {others}")
