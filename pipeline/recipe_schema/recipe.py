"""The schema of a recipe: the sections and keys of all families, and checks that settings fit together."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import tomli_w
from pydantic import AfterValidator, Field, model_validator

from seq2edge.device.manifests.common import Quantization, Runtime
from seq2edge.device.processors.slots import MOST_SLOTS
from seq2edge.device.tasks import TASKS
from seq2edge.models.encoders.config import SourceSettings
from seq2edge.pipeline.recipe_schema.data import Data
from seq2edge.pipeline.recipe_schema.section import Section, misfit
from seq2edge.pipeline.recipe_schema.task_defaults import with_task_defaults


class Tokenizer(Section):
    joint: bool = True  # one SentencePiece model for both sides
    vocabulary: Annotated[int, Field(ge=262, le=64_000)] = 4000  # includes 256 bytes, special ids and all characters
    target_vocabulary: Annotated[int, Field(ge=262, le=64_000)] | None = None  # if not joint; None: as vocabulary
    target_phrases: bool = False  # if not joint: target tokens (BPE) may span words, for replies that recur
    fold_case: bool = False  # if not joint: lower-case the sources
    model_type: Literal["unigram", "bpe", "char"] = "unigram"  # "char": each character is a token
    samples: Annotated[int, Field(ge=1, le=64)] = 1  # encodings of each training source (subword regularisation)
    slots: Annotated[int, Field(ge=0, le=MOST_SLOTS)] = (
        0  # tokens for numbers, paths and placeholders that a target repeats
    )

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides with their own SentencePiece model: "joint", or "source" and "target"."""
        return ("joint",) if self.joint else ("source", "target")

    def tokens(self, side: str) -> int:
        """Return the vocabulary size of a side."""
        return self.target_vocabulary or self.vocabulary if side == "target" else self.vocabulary

    def settings_of_dataset(self) -> dict[str, Any]:
        """Return the settings that a prepared dataset depends on. Without slots, they are those of older datasets."""
        return self.model_dump(exclude=None if self.slots else {"slots"})

    def of_size(self, tokens: int) -> "Tokenizer":
        """Return the same settings with a vocabulary size of `tokens` for every side."""
        return self.model_copy(update={"vocabulary": tokens, "target_vocabulary": None})

    @model_validator(mode="after")
    def _joint_has_no_sides(self) -> "Tokenizer":
        given = [key for key in ("target_vocabulary", "target_phrases", "fold_case") if getattr(self, key)]
        if self.joint and given:
            raise ValueError(f"{', '.join(given)}: only with a tokenizer for each side; set joint = false")
        return self


class Training(Section):
    epochs: Annotated[int, Field(ge=1)] = 20
    pretrain_epochs: Annotated[int, Field(ge=0)] = 0  # epochs in which the encoder first learns to classify the targets
    steps_per_epoch: Annotated[int, Field(ge=1)] | None = None  # None: one pass over the data
    batch_size: Annotated[int, Field(ge=1)] = 64
    batch_tokens: Annotated[int, Field(ge=16)] | None = None  # instead of batch_size: rows times length of longer side
    accumulate: Annotated[int, Field(ge=1)] = 1  # number of batches whose gradients are added up for one update
    buckets: Annotated[int, Field(ge=1, le=32)] = 6  # number of batch shapes, by length; each one is compiled
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    schedule: Literal["constant", "inverse_sqrt", "cosine", "plateau"] = "cosine"
    warmup_steps: Annotated[int, Field(ge=0)] = 200  # updates; ignored by "plateau"
    plateau_patience: Annotated[int, Field(ge=1)] = 2  # epochs without improvement before "plateau" halves the rate
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip_norm: Annotated[float, Field(gt=0)] = 1.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    word_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of source tokens replaced by unk in training
    scheduled_sampling: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of the model's own tokens in the last epoch
    r_drop: Annotated[float, Field(ge=0)] = 0.0  # weight of the divergence between two passes with dropout
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0  # decay of the moving average of weights that is scored and saved
    average: Annotated[int, Field(ge=1)] = 1  # number of last epochs whose weights are averaged, if that scores better
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    stop_on: str = "loss"  # "loss", or a score on the validation set
    patience: Annotated[int, Field(ge=1)] = 5  # epochs without improvement before training stops
    score_sentences: Annotated[int, Field(ge=0)] = 200  # validation sentences, evenly spaced, decoded after each epoch
    jit_compile: bool = False  # XLA on TensorFlow; JAX always compiles
    unroll: Annotated[int, Field(ge=1, le=64)] = 1  # number of recurrent steps in one iteration of JAX's loop
    tensorboard: bool = True
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 1

    @model_validator(mode="after")
    def _settings_fit(self) -> "Training":
        mistakes = []
        if self.scheduled_sampling and self.r_drop:
            mistakes.append(
                f"r_drop must be 0 with scheduled_sampling = {self.scheduled_sampling}, got {self.r_drop}; both need a "
                "second pass"
            )
        if self.stop_on != "loss" and not self.score_sentences:
            mistakes.append(
                f"stop_on must be 'loss' with score_sentences = 0, got {self.stop_on!r}; there is no score then"
            )
        if self.average > self.epochs:
            mistakes.append(f"average must be at most epochs = {self.epochs}, got {self.average}")
        if mistakes:
            raise misfit(mistakes)
        return self


class Export(Section):
    """Settings of bundles that all families share. pydantic copies the defaults for each recipe."""

    quantize: Annotated[list[Quantization], Field(min_length=1)] = ["int8"]  # noqa: RUF012
    runtimes: Annotated[list[Runtime], Field(min_length=1)] = ["litert", "tflite-2.14"]  # noqa: RUF012
    # Source lengths with signatures of fixed shapes, which the runtime "web" needs. Empty: "web" gets default lengths.
    fixed_lengths: list[Annotated[int, Field(ge=1)]] = Field(default_factory=list)


def _known_task(name: str) -> str:
    if name not in TASKS:
        raise ValueError(f"Input should be one of {', '.join(map(repr, TASKS))}")
    return name


class Recipe(Section):
    """The part of a recipe that all families share. Each family has a subclass."""

    TEXT_SIDES: ClassVar[tuple[str, ...]]  # "source", and "target" unless targets are labels
    STOP_ON: ClassVar[tuple[str, ...]]  # allowed values of training.stop_on

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]*$")]
    task: Annotated[str, AfterValidator(_known_task)]
    about: str = ""
    measured: str = ""  # score, size and time, from docs/results.md
    data: Data
    tokenizer: Tokenizer = Tokenizer()
    model: SourceSettings
    training: Training = Training()
    export: Export = Export()

    _task_defaults = model_validator(mode="before")(with_task_defaults)

    @property
    def tokenizer_sides(self) -> tuple[str, ...]:
        """The SentencePiece models to train: "joint" for both sides, or one for each side that is text."""
        return self.tokenizer.sides if self.tokenizer.joint else self.TEXT_SIDES

    @property
    def model_lengths(self) -> dict[str, int]:
        """The largest number of tokens of each side: "source_length" and, if targets are texts, "target_length"."""
        return {name: value for name, value in vars(self.model).items() if name.endswith("_length")}

    @property
    def copies(self) -> bool:
        """Whether the model copies tokens of the source."""
        return False

    @property
    def is_ensemble(self) -> bool:
        """Whether the model is an ensemble, which `seq2edge ensemble` makes of the models of other runs."""
        return False

    @model_validator(mode="after")
    def _sections_fit(self) -> Self:
        if mistakes := list(self.mistakes()):
            raise misfit(mistakes)
        return self

    def mistakes(self) -> Iterator[str]:
        """Yield one line for each mistake that concerns settings of several sections."""
        if self.tokenizer.fold_case and self.data.keeps("source"):
            yield (
                'tokenizer.fold_case must be false with data.normalisation = "none", got true; it changes the sources'
            )
        if self.training.stop_on not in self.STOP_ON:
            yield (
                f"training.stop_on must be one of {', '.join(map(repr, self.STOP_ON))} for the task {self.task}, got "
                f"{self.training.stop_on!r}"
            )
        if (longest := max(self.export.fixed_lengths, default=0)) > self.model.source_length:
            yield (
                f"export.fixed_lengths must be at most model.source_length = {self.model.source_length}, got {longest}"
            )

    def digest(self) -> str:
        """The SHA-256 of the settings that differ from the defaults, without descriptive texts."""
        values = self.model_dump(mode="json", exclude={"about", "measured"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """Return the resolved recipe with all defaults, as TOML."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))


def dotted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings by dotted keys, such as "encoder.layers"."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = dotted(value) if isinstance(value, dict) else {"": value}
        flat |= {f"{key}.{name}".removesuffix("."): leaf for name, leaf in inner.items()}
    return flat
