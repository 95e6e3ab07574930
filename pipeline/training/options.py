"""Options of a training and of a distillation.

A field with a flag is also an option of the command line. Its metadata are the arguments of `add_argument`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import LARGEST_BEAM

if TYPE_CHECKING:  # the command line reads the flags without importing Keras
    from seq2edge.device.runners.interface import Runner
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.parallel.hosts import Hosts


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Options of a training. The recipe defines the model and the data.

    Attributes:
        recipe_folder: Folder that relative paths in the recipe refer to. None: the working directory.
        hosts: The processes of a distributed training. None: one process.
        initial_run: An earlier run to initialise weights and tokenizer from.
        initial_parts: Names of the layers to initialise, such as "source_embedding" and "encoder"; empty: all. The
            tokenizers of the earlier run are used only if its embeddings are.
        resume: Whether to resume from the last checkpoint in the output folder, if there is one.
        overwrite: Whether to replace an existing run in the output folder.
        quiet: Whether to hide the progress.

    Raises:
        UserError: If two options exclude each other.
    """

    recipe_folder: Path | None = None
    hosts: "Hosts | None" = None
    initial_run: "Run | None" = field(
        default=None,
        metadata={
            "flag": "--from",
            "metavar": "RUN",
            "help": "initialise weights and tokenizer from an earlier run",
        },
    )
    initial_parts: tuple[str, ...] = field(
        default=(),
        metadata={
            "flag": "--parts",
            "nargs": "+",
            "metavar": "LAYER",
            "help": "with --from: initialise only these, such as source_embedding encoder",
        },
    )
    resume: bool = field(
        default=False,
        metadata={"flag": "--resume", "action": "store_true", "help": "resume from the run's last checkpoint"},
    )
    overwrite: bool = field(
        default=False,
        metadata={"flag": "--overwrite", "action": "store_true", "help": "overwrite an existing run"},
    )
    quiet: bool = field(
        default=False,
        metadata={"flag": "--quiet", "action": "store_true", "help": "show no progress"},
    )

    def __post_init__(self) -> None:
        if self.resume and self.overwrite:
            raise UserError("resume and overwrite exclude each other: one continues a run, the other replaces it")
        if self.initial_parts and self.initial_run is None:
            raise UserError("initial_parts: needs initial_run, the run that has these parts")


@dataclass(frozen=True, kw_only=True)
class DistillOptions(TrainOptions):
    """Options of a distillation: those of the student's training, and of the teacher's search.

    Attributes:
        runner: Runner to decode with instead of the teacher's Keras model, such as that of its int8 bundle.
        beam: Beam size of the teacher.
        closest: Whether to learn the hypothesis of the beam that is most similar to the pair's target, instead of the
            most likely one (sequence-level interpolation).

    Raises:
        UserError: If an option is out of range, or two exclude each other.
    """

    runner: "Runner[Any] | None" = None
    beam: int = field(
        default=5,
        metadata={
            "flag": "--beam",
            "type": int,
            "metavar": "N",
            "help": "beam size of the teacher (default: %(default)s)",
        },
    )
    closest: bool = field(
        default=False,
        metadata={
            "flag": "--closest",
            "action": "store_true",
            "help": "learn the hypothesis of the beam that is most similar to the pair's own target",
        },
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.beam <= LARGEST_BEAM:
            raise UserError(f"beam must be between 1 and {LARGEST_BEAM}, got {self.beam}")
        if self.hosts is not None:
            raise UserError("hosts: a distillation runs in one process")
