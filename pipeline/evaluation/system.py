"""A system to evaluate: the Keras model of a run, or a bundle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2edge.device.bundle import FILE
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.load import load_runner
from seq2edge.pipeline.files import MODEL_FILE, RECIPE_FILE, checksum
from seq2edge.pipeline.run import Run


@dataclass(frozen=True)
class System:
    """A run or a bundle, with the runner that is used on the device.

    Attributes:
        key: Digest of the model and its settings. An interrupted evaluation is resumed only if it is the same.
    """

    name: str
    path: Path
    runner: Runner[Any]
    key: str

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> "System":
        """Open the folder of a run or a bundle.

        Args:
            name: Name of the system; None: the name of the folder.
        """
        if not (path / FILE).is_file():
            return cls.of_run(Run.open(path), name)
        return cls(name or path.resolve().name, path, load_runner(path), checksum(path / FILE))

    @classmethod
    def of_run(cls, run: Run, name: str | None = None) -> "System":
        key = checksum(run.path / MODEL_FILE) + checksum(run.path / RECIPE_FILE)
        return cls(name or run.path.resolve().name, run.path, run.runner(), key)
