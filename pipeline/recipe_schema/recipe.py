"""The schema of a recipe: the sections and keys of all families, and which settings go together."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from seq2edge.device.manifests.common import LANGUAGE_CODE, UNKNOWN_LANGUAGE, Normalisation, Quantization, Runtime
from seq2edge.device.tasks import TASKS
from seq2edge.models.encoders.config import SourceSettings
from seq2edge.pipeline.recipe_schema.task_defaults import with_task_defaults
from seq2edge.pipeline.recipe_schema.template import is_template, parse_template


def _valid_column(column: int | str) -> int | str:
    parse_template(column)
    return column


def _is_language(code: str) -> str:
    if not re.fullmatch(LANGUAGE_CODE, code):
        raise ValueError('not a BCP-47 code such as "en" or "pt-BR"')
    return code


# A column: a number from 0, a name in the header, for jsonl a key, or a template of such names, "{title}: {text}".
Column = Annotated[int | str, AfterValidator(_valid_column)]
Language = Annotated[str, AfterValidator(_is_language)]


class Section(BaseModel):
    """A section of a recipe: unknown keys are refused, and values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def misfit(mistakes: list[str]) -> PydanticCustomError:
    """An error for settings that do not go together, one on each line: "key = value: reason; allowed: …"."""
    return PydanticCustomError("misfit", "{mistakes}", {"mistakes": "\n".join(mistakes)})


class File(Section):
    """One file of pairs, or two parallel files (`path` and `target_path`), each plain or gzip (`.gz`).

    Or a folder of labelled texts: LABEL/NAME.txt is one text of a label, LABEL.txt has a text of it a line.
    """

    path: str  # absolute, or relative to SEQ2EDGE_DATA or the recipe's folder; or "bundled:smalltalk"
    target_path: str | None = None
    url: str | None = None
    target_url: str | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    target_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    format: Literal["tsv", "csv", "jsonl", "parallel", "folder", "bundled"] | None = (
        None  # None: by the suffix of the name
    )
    encoding: str = "utf-8"
    header: bool | None = None  # None: yes if a column is given by name
    source: Column = 0
    target: Column = 1
    split: Literal["all", "train", "valid", "test"] = "all"  # "all" is split by a hash of the source

    @model_validator(mode="after")
    def _parallel_needs_both(self) -> "File":
        if self.format == "parallel" and self.target_path is None:
            raise ValueError("format parallel needs target_path beside path")
        return self

    @model_validator(mode="after")
    def _folder_is_local(self) -> "File":
        given = [key for key in ("url", "sha256", "header") if getattr(self, key) is not None]
        if self.format == "folder" and (given or self.target_path is not None):
            raise ValueError(f"{', '.join(given) or 'target_path'}: not with format folder, which has a path alone")
        return self

    @model_validator(mode="after")
    def _template_needs_names(self) -> "File":
        templates = [key for key in ("source", "target") if is_template(getattr(self, key))]
        if templates and (self.target_path is not None or self.format in ("folder", "bundled") or self.header is False):
            raise ValueError(
                f"{' and '.join(templates)}: a template needs named fields: tsv or csv with a header, or jsonl"
            )
        return self


class Data(Section):
    files: Annotated[list[File], Field(min_length=1)]
    licence: str = "not stated"
    source_language: Language | None = None  # BCP-47 code, as "en" or "pt-BR"; "mul" for several
    target_language: Language | None = None
    normalisation: Normalisation = "NFC"  # "none": texts are kept as they are
    target_normalisation: Normalisation | None = None  # None: as normalisation; "none" if the task is multiline
    valid: Annotated[float, Field(ge=0, le=0.4)] = 0.05  # share of the sources held out from files with split = "all"
    test: Annotated[float, Field(ge=0, le=0.4)] = 0.05
    max_characters: Annotated[int, Field(ge=1)] = 400
    max_length_ratio: Annotated[float, Field(ge=1)] = 15.0  # longer side to shorter side, in characters
    keep_identical: bool = False

    @property
    def normalisations(self) -> tuple[Normalisation, Normalisation]:
        """Of sources and targets."""
        return self.normalisation, self.target_normalisation or self.normalisation

    def keeps(self, side: str) -> bool:
        """Whether texts of a side ("source", "target", or "joint" if either side has some) are kept as they are."""
        sides = {"source": self.normalisations[:1], "target": self.normalisations[1:], "joint": self.normalisations}
        return "none" in sides[side]

    @property
    def languages(self) -> list[str]:
        """BCP-47 codes of source and target, "und" for one that is not given; empty if neither is."""
        given = self.source_language, self.target_language
        return [code or UNKNOWN_LANGUAGE for code in given] if any(given) else []


class Tokenizer(Section):
    joint: bool = True  # one SentencePiece model for both sides
    vocabulary: Annotated[int, Field(ge=262, le=64_000)] = 4000  # 256 bytes, special ids, characters
    target_vocabulary: Annotated[int, Field(ge=262, le=64_000)] | None = None  # if not joint; None: as vocabulary
    target_phrases: bool = False  # if not joint: target tokens (BPE) may span words, for replies that recur
    fold_case: bool = False  # if not joint: sources are lower-cased
    model_type: Literal["unigram", "bpe", "char"] = "unigram"  # "char": each character is a token
    samples: Annotated[int, Field(ge=1, le=64)] = 1  # encodings of each training source (subword regularisation)

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that have a SentencePiece model of their own."""
        return ("joint",) if self.joint else ("source", "target")

    def tokens(self, side: str) -> int:
        """The vocabulary size of a side."""
        return self.target_vocabulary or self.vocabulary if side == "target" else self.vocabulary

    def of_size(self, tokens: int) -> "Tokenizer":
        """The same settings with `tokens` as the vocabulary size of every side."""
        return self.model_copy(update={"vocabulary": tokens, "target_vocabulary": None})

    @model_validator(mode="after")
    def _joint_has_no_sides(self) -> "Tokenizer":
        given = [key for key in ("target_vocabulary", "target_phrases", "fold_case") if getattr(self, key)]
        if self.joint and given:
            raise ValueError(f"{', '.join(given)}: only with a tokenizer for each side; set joint = false")
        return self


class Training(Section):
    epochs: Annotated[int, Field(ge=1)] = 20
    pretrain_epochs: Annotated[int, Field(ge=0)] = 0  # in which the encoder first learns to tell targets apart
    steps_per_epoch: Annotated[int, Field(ge=1)] | None = None  # None: one pass over the data
    batch_size: Annotated[int, Field(ge=1)] = 64
    batch_tokens: Annotated[int, Field(ge=16)] | None = None  # instead of batch_size: rows times longer side
    accumulate: Annotated[int, Field(ge=1)] = 1  # batches whose gradients make one update
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
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0  # decay of averaged weights, which are scored and saved
    average: Annotated[int, Field(ge=1)] = 1  # last epochs whose weights are averaged, if that scores better
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    stop_on: str = "loss"  # or a score of the validation set
    patience: Annotated[int, Field(ge=1)] = 5  # epochs without improvement before training stops
    score_sentences: Annotated[int, Field(ge=0)] = 200  # sentences of the validation set decoded after each epoch
    jit_compile: bool = False  # XLA on TensorFlow; JAX always compiles
    unroll: Annotated[int, Field(ge=1, le=64)] = 1  # steps of a recurrent layer in an iteration of JAX's loop
    tensorboard: bool = True
    seed: int = 1

    @model_validator(mode="after")
    def _settings_fit(self) -> "Training":
        mistakes = []
        if self.scheduled_sampling and self.r_drop:
            mistakes.append(
                f"r_drop = {self.r_drop}: cannot be combined with scheduled_sampling, as both need a second pass; "
                "allowed: 0, or scheduled_sampling = 0"
            )
        if self.stop_on != "loss" and not self.score_sentences:
            mistakes.append(
                f"stop_on = {self.stop_on!r}: score_sentences is 0, so there is no score; allowed: 'loss', or "
                "score_sentences of at least 1"
            )
        if self.average > self.epochs:
            mistakes.append(f"average = {self.average}: more than the number of epochs; allowed: up to {self.epochs}")
        if mistakes:
            raise misfit(mistakes)
        return self


class Export(Section):
    """What every family's bundles have."""

    quantize: Annotated[list[Quantization], Field(min_length=1)] = ["int8"]
    runtimes: Annotated[list[Runtime], Field(min_length=1)] = ["litert", "tflite-2.14"]
    # Source lengths that get signatures with fixed shapes. The runtime "web" needs them; by default it gets some.
    fixed_lengths: list[Annotated[int, Field(ge=1)]] = []


def _known_task(name: str) -> str:
    if name not in TASKS:
        raise ValueError(f"Input should be one of {', '.join(map(repr, TASKS))}")
    return name


class Recipe(Section):
    """What the recipes of all families have in common; each family has a subclass."""

    TEXT_SIDES: ClassVar[tuple[str, ...]]  # "source", and "target" unless targets are labels
    STOP_ON: ClassVar[tuple[str, ...]]  # values of training.stop_on

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
        """What a SentencePiece model is trained for: "joint" for both sides, or each side that is text."""
        return self.tokenizer.sides if self.tokenizer.joint else self.TEXT_SIDES

    @property
    def model_lengths(self) -> dict[str, int]:
        """The largest numbers of tokens: "source_length" and, if targets are texts, "target_length"."""
        return {name: value for name, value in vars(self.model).items() if name.endswith("_length")}

    @property
    def is_ensemble(self) -> bool:
        """Whether its model is made of those of other runs, by `seq2edge ensemble`, and not trained."""
        return False

    @model_validator(mode="after")
    def _sections_fit(self) -> Self:
        if mistakes := list(self.mistakes()):
            raise misfit(mistakes)
        return self

    def mistakes(self) -> Iterator[str]:
        """Settings of different sections that do not go together."""
        if self.tokenizer.fold_case and self.data.keeps("source"):
            yield (
                'tokenizer.fold_case = true: changes sources, which data.normalisation = "none" keeps as they are; '
                "allowed: false"
            )
        if self.training.stop_on not in self.STOP_ON:
            yield (
                f"training.stop_on = {self.training.stop_on!r}: not a score of this task; allowed: "
                f"{', '.join(map(repr, self.STOP_ON))}"
            )
        if (longest := max(self.export.fixed_lengths, default=0)) > self.model.source_length:
            yield (
                f"export.fixed_lengths = {longest}: longer than model.source_length; allowed: up to "
                f"{self.model.source_length}"
            )

    def digest(self) -> str:
        """SHA-256 of the settings that differ from the defaults. Texts for people do not count."""
        values = self.model_dump(mode="json", exclude={"about", "measured"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """The resolved recipe with all defaults."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))


def dotted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings by dotted keys, "encoder.layers"."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = dotted(value) if isinstance(value, dict) else {"": value}
        flat |= {f"{key}.{name}".removesuffix("."): leaf for name, leaf in inner.items()}
    return flat
