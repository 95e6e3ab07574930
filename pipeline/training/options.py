"""Options of a training and of a distillation.

A field with a flag is also an option of the command line; its metadata are the arguments of `add_argument`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import LARGEST_BEAM

if TYPE_CHECKING:  # so that the command line reads the flags without importing Keras
    from seq2edge.device.runners.interface import Runner
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.parallel.hosts import Hosts


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How to run a training. What is trained, and on which data, is in the recipe.

    Attributes:
        recipe_folder: Folder that relative paths in the recipe start from. None: the working directory.
        hosts: This process among those that train one model together. None: it trains alone.
        initial_run: An earlier run to initialise weights and tokenizer from.
        initial_parts: Names of the layers to initialise, such as "source_embedding" and "encoder"; empty: all. The
            tokenizers of the earlier run are taken with its embeddings only.
        resume: Resume from the last checkpoint in the output folder, if there is one.
        overwrite: Replace an existing run in the output folder.
        quiet: Show no progress.

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
            raise UserError("initial_parts: of which run? They go with initial_run")


@dataclass(frozen=True, kw_only=True)
class DistillOptions(TrainOptions):
    """How to run a distillation: the options of the student's training, and how the teacher decodes.

    Attributes:
        runner: Decodes in place of the teacher's Keras model, such as the runner of its int8 bundle.
        beam: Beam size of the teacher.
        closest: Learn the hypothesis of the beam that is most similar to the pair's target, not the most likely one
            (sequence-level interpolation).

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
            raise UserError(f"beam is {self.beam}, allowed are 1 to {LARGEST_BEAM}")
        if self.hosts is not None:
            raise UserError("hosts: a distillation runs in one process")
