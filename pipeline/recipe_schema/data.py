"""The section `data` of a recipe: files of pairs, and how they are prepared for training."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from seq2edge.device.manifests.common import LANGUAGE_CODE, UNKNOWN_LANGUAGE, Normalisation
from seq2edge.models.checks import as_toml
from seq2edge.pipeline.recipe_schema.section import Section, misfit
from seq2edge.pipeline.recipe_schema.template import is_template, parse_template


def _valid_column(column: int | str) -> int | str:
    parse_template(column)
    return column


def _is_language(code: str) -> str:
    if not re.fullmatch(LANGUAGE_CODE, code):
        raise ValueError('Input should be a BCP-47 code such as "en" or "pt-BR"')
    return code


# A column: a number from 0, a name in the header, a key of JSON, or a template with such names, "{title}: {text}".
Column = Annotated[int | str, AfterValidator(_valid_column)]
Language = Annotated[str, AfterValidator(_is_language)]
Builder = Literal["bible", "tldr"]  # modules of pipeline/data/sources, which build files of pairs from other data
Redistribution = Literal["free", "non-commercial", "research"]
LineEnd = Literal["lf", "cr"]  # "lf": a line feed, with or without a carriage return before it; "cr": only the latter
Format = Literal["tsv", "csv", "jsonl", "json", "xlsx", "parallel", "folder", "bundled"]
COLUMN_FORMATS = ("tsv", "csv", "jsonl", "json", "xlsx")  # formats whose rows have columns or keys
Value = TypeVar("Value")

# Notices appended to a licence, by data.redistribution.
NOTICES: dict[Redistribution | None, str] = {
    None: "",
    "free": "",
    "non-commercial": " (not for commercial use)",
    "research": " (for research only: do not pass it on)",
}

# Keys with values that have no effect. Datasets that were prepared before these keys existed remain valid.
UNUSED = {"reverse": False, "split_by": "source", "domain": None, "split_key": None, "skip": [], "training_share": 1.0}
UNUSED |= {"delimiter": None, "sheet": None, "line_end": "lf"}
UNSEEN = {"temperature", "weight", "redistribution", "built_by", "rows"}  # keys that a dataset does not depend on


class File(Section):
    """One file of pairs, or two parallel files (`path` and `target_path`).

    A file is plain, gzip (`.gz`), xz (`.xz`) or a zip archive with one data file (`.zip`).

    `path` can also be a folder of labelled texts: LABEL/NAME.txt is one text with this label, LABEL.txt has one text
    per line.
    """

    path: str  # absolute, or relative to SEQ2EDGE_DATA or the recipe's folder; or "bundled:smalltalk"
    target_path: str | None = None
    url: str | None = None
    target_url: str | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    built_by: Builder | None = None  # builds the file if it is missing; sha256 is then that of the decompressed content
    rows: Annotated[int, Field(ge=1)] | None = None  # expected number of rows before cleaning
    target_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    format: Format | None = None  # None: by the suffix of the name
    encoding: str = "utf-8"
    line_end: LineEnd = "lf"
    delimiter: Annotated[str, Field(pattern=r'^[^\r\n"]$')] | None = None  # between the cells of csv; None: a comma
    sheet: str | None = None  # name of a sheet of xlsx; None: the first one
    header: bool | None = None  # whether row 1 names the columns; None: true if a column is given by name
    source: Column = 0
    target: Column = 1
    domain: Annotated[str, Field(pattern=r"^\S+$")] | None = None  # an evaluation scores each domain separately
    weight: Annotated[float, Field(gt=0)] = 1.0  # multiplies the file's share of the training pairs that are drawn
    split: Literal["all", "train", "valid", "test"] = "all"  # "all" is split by a hash, see data.split_by
    # A template of columns, such as "{book} {chapter}". It replaces data.split_by: rows with the same text are in the
    # same split.
    split_key: Column | None = None
    skip: list[str] = Field(default_factory=list)  # values of split_key whose rows are left out

    @model_validator(mode="after")
    def _parallel_needs_both(self) -> "File":
        if self.format == "parallel" and self.target_path is None:
            raise ValueError("format parallel needs target_path beside path")
        return self

    @model_validator(mode="after")
    def _folder_is_local(self) -> "File":
        given = [key for key in ("url", "sha256", "header") if getattr(self, key) is not None]
        if self.format == "folder" and (given or self.target_path is not None):
            raise ValueError(f"{', '.join(given) or 'target_path'}: not allowed with format folder; give only path")
        return self

    @model_validator(mode="after")
    def _settings_fit(self) -> "File":
        mistakes = list(self._misplaced_columns())
        if self.skip and self.split_key is None:
            mistakes.append(f"skip must be empty without split_key, whose values it lists, got {as_toml(self.skip)}")
        if self.built_by and (given := [key for key in ("url", "target_path") if getattr(self, key) is not None]):
            mistakes.append(
                f"built_by = {self.built_by!r}: cannot be combined with {' and '.join(given)}; leave one of them out"
            )
        for key, of in (("delimiter", "csv"), ("sheet", "xlsx")):
            if getattr(self, key) is not None and self.format not in (of, None):
                mistakes.append(
                    f"{key} = {as_toml(getattr(self, key))}: only with format = {as_toml(of)}; leave it out"
                )
        if self.weight != 1 and self.split in ("valid", "test"):
            mistakes.append(
                f"weight must be 1.0 with split = {self.split!r}, got {self.weight}; training does not draw from it"
            )
        if mistakes:
            raise misfit(mistakes)
        return self

    def _misplaced_columns(self) -> Iterator[str]:
        """Yield one line for each template or split key that refers to columns which the file does not have."""
        for key in ("source", "target", "split_key"):
            column = getattr(self, key)
            if column is None or not (is_template(column) or key == "split_key"):
                continue
            if self.target_path is not None or self.format in ("parallel", "folder", "bundled"):
                allowed = ", ".join(COLUMN_FORMATS)
                yield f"{key} must be left out unless the format is one of {allowed}, got {as_toml(column)}"
            elif self.header is False and any(isinstance(field, str) for field in parse_template(column).fields):
                yield f"{key} must give columns by their numbers with header = false, got {as_toml(column)}"


class Data(Section):
    files: Annotated[list[File], Field(min_length=1)]
    licence: str = "not stated"
    redistribution: Redistribution | None = None  # whether the data may be passed on; None: not stated
    source_language: Language | None = None  # BCP-47 code, such as "en" or "pt-BR"; "mul" for several
    target_language: Language | None = None
    normalisation: Normalisation = "NFC"  # "none": texts are not changed
    target_normalisation: Normalisation | None = None  # None: as normalisation, or "none" if the task is multiline
    reverse: bool = False  # train from the files' targets to their sources; other settings still refer to the files
    valid: Annotated[float, Field(ge=0, le=0.4)] = 0.05  # share of the sources held out from files with split = "all"
    test: Annotated[float, Field(ge=0, le=0.4)] = 0.05
    # Share of the training pairs that is kept, chosen by a hash of the source, to measure the effect of less data.
    training_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    # The side whose hash decides the split, as named in [[data.files]]. Rows with the same text there stay together.
    split_by: Literal["source", "target", "both"] = "source"
    temperature: Annotated[float, Field(ge=1)] = 1.0  # a file's share of training is rows ** (1 / temperature)
    max_characters: Annotated[int, Field(ge=1)] = 400
    max_length_ratio: Annotated[float, Field(ge=1)] = 15.0  # longer side to shorter side, in characters
    keep_identical: bool = False

    @property
    def licence_notice(self) -> str:
        """The licence, with a notice if it restricts redistribution."""
        return self.licence + NOTICES[self.redistribution]

    @property
    def normalisations(self) -> tuple[Normalisation, Normalisation]:
        """The normalisations of the model's sources and targets."""
        return self.turned(self.normalisation, self.target_normalisation or self.normalisation)

    @property
    def is_mixed(self) -> bool:
        """Whether training draws pairs of some files more often than others."""
        files = [file for file in self.files if file.split in ("all", "train")]
        return len(files) > 1 and (self.temperature > 1 or len({file.weight for file in files}) > 1)

    def keeps(self, side: str) -> bool:
        """Return whether the texts of a side are not normalised: "source", "target", or "joint" for either side."""
        sides = {"source": self.normalisations[:1], "target": self.normalisations[1:], "joint": self.normalisations}
        return "none" in sides[side]

    @property
    def languages(self) -> list[str]:
        """BCP-47 codes of the model's source and target, "und" for one that is not given; empty if none is given."""
        given = self.turned(self.source_language, self.target_language)
        return [code or UNKNOWN_LANGUAGE for code in given] if any(given) else []

    def turned(self, source: Value, target: Value) -> tuple[Value, Value]:
        """Swap the values of source and target if `reverse` is set.

        This converts values of the files' sources and targets to those of the model's, and the other way round.
        """
        return (target, source) if self.reverse else (source, target)

    def settings_of_dataset(self) -> dict[str, Any]:
        """Return the settings that a prepared dataset depends on, without keys of `UNUSED` that have their default."""
        values = self.model_dump()
        for file in values["files"]:
            file["sha256"] = None if file["built_by"] else file["sha256"]  # the dataset's digest includes the content
        for section in (values, *values["files"]):
            for key in section.keys() & (UNUSED.keys() | UNSEEN):
                if key in UNSEEN or section[key] == UNUSED[key]:
                    del section[key]
        return values

    def as_prepared(self, files: list[File]) -> "Data":
        """Return the same settings for prepared files, which have the model's sources and targets."""
        source, target = self.normalisations
        source_language, target_language = self.turned(self.source_language, self.target_language)
        return self.model_copy(
            update={
                "files": files,
                "reverse": False,
                "source_language": source_language,
                "target_language": target_language,
                "normalisation": source,
                "target_normalisation": target,
            }
        )
