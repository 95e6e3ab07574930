"""The section `data` of a recipe: files of pairs, and what happens to them before training."""

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
        raise ValueError('not a BCP-47 code such as "en" or "pt-BR"')
    return code


# A column: a number from 0, a name in the header, for jsonl a key, or a template of such names, "{title}: {text}".
Column = Annotated[int | str, AfterValidator(_valid_column)]
Language = Annotated[str, AfterValidator(_is_language)]
Builder = Literal["bible", "tldr"]  # data that is not published as files of pairs, see pipeline/data/sources
Redistribution = Literal["free", "non-commercial", "research"]
LineEnd = Literal["lf", "cr"]  # a line feed, with a carriage return before it or not; or a carriage return alone
Format = Literal["tsv", "csv", "jsonl", "json", "xlsx", "parallel", "folder", "bundled"]
COLUMN_FORMATS = ("tsv", "csv", "jsonl", "json", "xlsx")  # formats whose rows have columns, or keys
Value = TypeVar("Value")

# What is added to a licence, by data.redistribution.
NOTICES: dict[Redistribution | None, str] = {
    None: "",
    "free": "",
    "non-commercial": " (not for commercial use)",
    "research": " (for research only: do not pass it on)",
}

# Keys with the values that do nothing: datasets prepared before a recipe could have them are still used.
UNUSED = {"reverse": False, "split_by": "source", "domain": None, "split_key": None, "skip": [], "training_share": 1.0}
UNUSED |= {"delimiter": None, "sheet": None, "line_end": "lf"}
UNSEEN = {"temperature", "weight", "redistribution", "built_by", "rows"}  # keys that change nothing in a dataset


class File(Section):
    """One file of pairs, or two parallel files (`path` and `target_path`).

    Each is plain, gzip (`.gz`), xz (`.xz`) or a zip archive with one data file (`.zip`).

    Or a folder of labelled texts: LABEL/NAME.txt is one text of a label, LABEL.txt has a text of it a line.
    """

    path: str  # absolute, or relative to SEQ2EDGE_DATA or the recipe's folder; or "bundled:smalltalk"
    target_path: str | None = None
    url: str | None = None
    target_url: str | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    built_by: Builder | None = None  # where path is missing; sha256 is that of what is in the file, without gzip
    rows: Annotated[int, Field(ge=1)] | None = None  # that it must have, before cleaning
    target_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    format: Format | None = None  # None: by the suffix of the name
    encoding: str = "utf-8"
    line_end: LineEnd = "lf"
    delimiter: Annotated[str, Field(pattern=r'^[^\r\n"]$')] | None = None  # between the cells of csv; None: a comma
    sheet: str | None = None  # of xlsx, by its name; None: the first
    header: bool | None = None  # None: yes if a column is given by name
    source: Column = 0
    target: Column = 1
    domain: Annotated[str, Field(pattern=r"^\S+$")] | None = None  # scored on its own in an evaluation
    weight: Annotated[float, Field(gt=0)] = 1.0  # multiplies the file's share of the training pairs that are drawn
    split: Literal["all", "train", "valid", "test"] = "all"  # "all" is split by a hash, see data.split_by
    # A template of columns, "{book} {chapter}", in place of data.split_by: rows with the same text stay together.
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
            raise ValueError(f"{', '.join(given) or 'target_path'}: not with format folder, which has a path alone")
        return self

    @model_validator(mode="after")
    def _settings_fit(self) -> "File":
        mistakes = list(self._misplaced_columns())
        if self.skip and self.split_key is None:
            mistakes.append(f"skip = {as_toml(self.skip)}: names values of split_key; allowed: [], or set split_key")
        if self.built_by and (given := [key for key in ("url", "target_path") if getattr(self, key) is not None]):
            mistakes.append(f"built_by = {self.built_by!r}: not beside {' and '.join(given)}; leave one of them out")
        for key, of in (("delimiter", "csv"), ("sheet", "xlsx")):
            if getattr(self, key) is not None and self.format not in (of, None):
                mistakes.append(
                    f"{key} = {as_toml(getattr(self, key))}: only with format = {as_toml(of)}; leave it out"
                )
        if self.weight != 1 and self.split in ("valid", "test"):
            mistakes.append(f"weight = {self.weight}: training does not draw from split {self.split!r}; allowed: 1.0")
        if mistakes:
            raise misfit(mistakes)
        return self

    def _misplaced_columns(self) -> Iterator[str]:
        """Templates and a split key where there are no columns, or none of that name."""
        for key in ("source", "target", "split_key"):
            column = getattr(self, key)
            if column is None or not (is_template(column) or key == "split_key"):
                continue
            if self.target_path is not None or self.format in ("parallel", "folder", "bundled"):
                allowed = ", ".join(COLUMN_FORMATS)
                yield f"{key} = {as_toml(column)}: only in files with columns; allowed formats: {allowed}"
            elif self.header is False and any(isinstance(field, str) for field in parse_template(column).fields):
                yield (
                    f"{key} = {as_toml(column)}: names a column, and header is false; allowed: numbers of columns, "
                    "or header = true"
                )


class Data(Section):
    files: Annotated[list[File], Field(min_length=1)]
    licence: str = "not stated"
    redistribution: Redistribution | None = None  # whether others may get the data; None: not stated
    source_language: Language | None = None  # BCP-47 code, as "en" or "pt-BR"; "mul" for several
    target_language: Language | None = None
    normalisation: Normalisation = "NFC"  # "none": texts are kept as they are
    target_normalisation: Normalisation | None = None  # None: as normalisation; "none" if the task is multiline
    reverse: bool = False  # targets of the files are translated into sources; languages and normalisations follow
    valid: Annotated[float, Field(ge=0, le=0.4)] = 0.05  # share of the sources held out from files with split = "all"
    test: Annotated[float, Field(ge=0, le=0.4)] = 0.05
    # Share of the training pairs that is kept, by a hash of the source: how much would a model lose with fewer?
    training_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    # Whose hash decides the split, by its name in [[data.files]]. Rows with the same text there are never separated.
    split_by: Literal["source", "target", "both"] = "source"
    temperature: Annotated[float, Field(ge=1)] = 1.0  # a file's share of training is rows ** (1 / temperature)
    max_characters: Annotated[int, Field(ge=1)] = 400
    max_length_ratio: Annotated[float, Field(ge=1)] = 15.0  # longer side to shorter side, in characters
    keep_identical: bool = False

    @property
    def licence_notice(self) -> str:
        """The licence, and what it forbids."""
        return self.licence + NOTICES[self.redistribution]

    @property
    def normalisations(self) -> tuple[Normalisation, Normalisation]:
        """Of the model's sources and targets."""
        return self.turned(self.normalisation, self.target_normalisation or self.normalisation)

    @property
    def is_mixed(self) -> bool:
        """Whether training draws pairs of some files more often than others."""
        files = [file for file in self.files if file.split in ("all", "train")]
        return len(files) > 1 and (self.temperature > 1 or len({file.weight for file in files}) > 1)

    def keeps(self, side: str) -> bool:
        """Whether texts of a side ("source", "target", or "joint" if either side has some) are kept as they are."""
        sides = {"source": self.normalisations[:1], "target": self.normalisations[1:], "joint": self.normalisations}
        return "none" in sides[side]

    @property
    def languages(self) -> list[str]:
        """BCP-47 codes of the model's source and target, "und" for one that is not given; empty if neither is."""
        given = self.turned(self.source_language, self.target_language)
        return [code or UNKNOWN_LANGUAGE for code in given] if any(given) else []

    def turned(self, source: Value, target: Value) -> tuple[Value, Value]:
        """What belongs to the model's sources and targets, of what belongs to the files'; or the other way about."""
        return (target, source) if self.reverse else (source, target)

    def settings_of_dataset(self) -> dict[str, Any]:
        """What a prepared dataset depends on. A key of `UNUSED` at its default is as if it did not exist."""
        values = self.model_dump()
        for file in values["files"]:
            file["sha256"] = None if file["built_by"] else file["sha256"]  # of the content, which counts itself
        for section in (values, *values["files"]):
            for key in section.keys() & (UNUSED.keys() | UNSEEN):
                if key in UNSEEN or section[key] == UNUSED[key]:
                    del section[key]
        return values

    def as_prepared(self, files: list[File]) -> "Data":
        """The same settings for files of pairs that are prepared: those have the model's sources and targets."""
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
