"""The decoding options: every setting of a search, with its description for users.

`OPTIONS` describes the fields of `DecodingOptions`. The flags of `seq2edge run`, the JSON fields of `seq2edge serve`,
the controls of the demo and the table in docs/decoding.md follow from it, so an option is added here and nowhere else.
"""

import dataclasses
import math
import numbers
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seq2edge.device.errors import UserError

LARGEST_BEAM = 64


@dataclass(frozen=True)
class Range:
    """The numbers that an option can be.

    Attributes:
        exclusive: `least` itself is not allowed.
    """

    least: float
    most: float = math.inf
    exclusive: bool = False

    def __contains__(self, value: float) -> bool:
        return (value > self.least if self.exclusive else value >= self.least) and value <= self.most

    def __str__(self) -> str:
        if self.exclusive:
            return f"more than {self.least:g}" + ("" if self.most == math.inf else f", at most {self.most:g}")
        return f"{self.least:g} or more" if self.most == math.inf else f"{self.least:g} to {self.most:g}"


POSITIVE, NOT_NEGATIVE, AT_LEAST_ONE = Range(0, exclusive=True), Range(0), Range(1)


def _option(default: Any, group: str, help: str, allowed: Range | None = None) -> Any:
    return field(default=default, metadata={"group": group, "help": help, "allowed": allowed})


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """How to search for a target.

    Each field says what it does; `OPTIONS` gives access to these texts. Lengths count target tokens, including eos.

    Raises:
        UserError: If values have the wrong type, are out of range or contradict each other; lists all mistakes.
    """

    beam: int = _option(
        1,
        "beam search",
        "hypotheses kept at each step; 1 is greedy search; with sample: targets drawn",
        Range(1, LARGEST_BEAM),
    )
    n_best: int = _option(1, "beam search", "number of answers to return, best first; at most beam", AT_LEAST_ONE)
    length_penalty: float = _option(
        0.6, "beam search", "alpha of Wu et al. 2016, equation 14; larger values favour longer answers", NOT_NEGATIVE
    )
    coverage_penalty: float = _option(
        0.0, "beam search", "beta of the same equation; favours answers that attend to the whole source", NOT_NEGATIVE
    )
    groups: int = _option(
        1,
        "beam search",
        "split the beam into this many groups (diverse beam search, Vijayakumar et al. 2016)",
        AT_LEAST_ONE,
    )
    diversity: float = _option(
        0.0,
        "beam search",
        "nats subtracted from a token for each time an earlier group chose it in the same step",
        NOT_NEGATIVE,
    )
    shortlist: bool = _option(
        True, "beam search", "use the bundle's shortlist of tokens that are likely for the source, if it has one"
    )
    max_length: int = _option(64, "length", "maximum number of tokens in an answer, including eos", AT_LEAST_ONE)
    min_length: int = _option(1, "length", "minimum number of tokens in an answer, including eos", NOT_NEGATIVE)
    max_ratio: float | None = _option(
        None, "length", "maximum length as a multiple of the source's tokens; the stricter limit applies", POSITIVE
    )
    min_ratio: float = _option(
        0.0, "length", "minimum length as a multiple of the source's tokens; the stricter limit applies", NOT_NEGATIVE
    )
    sample: bool = _option(False, "sampling", "draw each token at random according to its probability")
    temperature: float = _option(
        1.0, "sampling", "divides the logits; below 1 favours likely tokens, above 1 evens them out", POSITIVE
    )
    top_k: int = _option(0, "sampling", "draw from the k most likely tokens only; 0: from all", NOT_NEGATIVE)
    top_p: float = _option(
        1.0,
        "sampling",
        "draw from the smallest set of tokens with this total probability (Holtzman et al. 2020)",
        Range(0, 1, exclusive=True),
    )
    seed: int = _option(0, "sampling", "seed of the random numbers; the same seed gives the same answers", NOT_NEGATIVE)
    no_repeat_ngram: int = _option(
        0, "repetition", "forbid repeated n-grams of this size within an answer; 0: allow all", NOT_NEGATIVE
    )
    earlier_replies: tuple[str, ...] = _option((), "repetition", "an earlier reply, which becomes less likely")
    earlier_replies_penalty: float = _option(
        4.0, "repetition", "nats subtracted from an answer that equals an earlier reply", NOT_NEGATIVE
    )
    prefix: str = _option("", "phrases", "text the answer must start with")
    required: tuple[str, ...] = _option((), "phrases", "phrase the answer must contain")
    banned: tuple[str, ...] = _option((), "phrases", "phrase the answer must not contain")

    def __post_init__(self) -> None:
        for option in OPTIONS.values():
            if option.type is tuple and isinstance(value := getattr(self, option.name), list):
                object.__setattr__(self, option.name, tuple(value))
        mistakes = list(_wrong_types(self)) or [*_out_of_range(self), *_contradictions(self)]
        if mistakes:
            raise UserError("; ".join(mistakes))

    def limits(self, source_length: int) -> tuple[int, int]:
        """Minimum and maximum length of a target for a source of `source_length` tokens."""
        most = self.max_length
        if self.max_ratio is not None:
            most = max(1, min(most, int(self.max_ratio * source_length)))
        return min(most, max(self.min_length, int(self.min_ratio * source_length))), most


@dataclass(frozen=True)
class Option:
    """A field of `DecodingOptions`, described for users.

    Attributes:
        type: int, float, bool, str, or tuple for several texts.
        default: Of `DecodingOptions`; a bundle has its own beam, length_penalty and max_length.
        allowed: Of a number; None for everything else.
    """

    name: str
    type: type
    default: Any
    group: str
    help: str
    allowed: Range | None

    @property
    def flag(self) -> str:
        """On the command line. A flag of something that is on by default turns it off."""
        return f"--{'no-' if self.default is True else ''}{self.name.replace('_', '-')}"

    def accepts(self, value: Any) -> bool:
        """Whether a value has the right type."""
        if type(value) is self.type and self.type is not tuple:
            return True
        if self.type is tuple:
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        if self.type in (int, float):
            number = numbers.Integral if self.type is int else numbers.Real
            is_number = isinstance(value, number) and not isinstance(value, bool)
            return is_number or (value is None and self.default is None)
        return isinstance(value, self.type)


def _options() -> Iterator[Option]:
    hints = typing.get_type_hints(DecodingOptions)
    for entry in dataclasses.fields(DecodingOptions):
        hint = hints[entry.name]
        if isinstance(hint, types.UnionType):  # a number or None
            hint = typing.get_args(hint)[0]
        yield Option(entry.name, typing.get_origin(hint) or hint, entry.default, **entry.metadata)


OPTIONS: dict[str, Option] = {option.name: option for option in _options()}


def _wrong_types(options: DecodingOptions) -> Iterator[str]:
    for option in OPTIONS.values():
        if not option.accepts(value := getattr(options, option.name)):
            expected = "a list of strings" if option.type is tuple else option.type.__name__
            yield f"{option.name} is {value!r}, expected {expected}"


def _out_of_range(options: DecodingOptions) -> Iterator[str]:
    for option in OPTIONS.values():
        value = getattr(options, option.name)
        if option.allowed is not None and value is not None and value not in option.allowed:
            yield f"{option.name} is {value}, allowed is {option.allowed}"


def _contradictions(options: DecodingOptions) -> Iterator[str]:
    """Combinations that exclude each other; those of phrases are found by `Phrases.check`."""
    if options.n_best > max(options.beam, 1):
        yield f"n_best is {options.n_best}, allowed is at most beam, {options.beam}"
    if options.groups > 1 and options.beam % options.groups:
        yield f"groups is {options.groups}, allowed are divisors of beam, {options.beam}"
    if options.min_length > options.max_length:
        yield f"min_length {options.min_length} is above max_length {options.max_length}"
    if options.max_ratio is not None and options.min_ratio > options.max_ratio:
        yield f"min_ratio {options.min_ratio} is above max_ratio {options.max_ratio}"
    if not options.sample:
        for name in ("temperature", "top_k", "top_p"):
            if getattr(options, name) != OPTIONS[name].default:
                yield f"{name} needs sample"
    if options.sample and options.groups > 1:
        yield "sample and groups exclude each other"
    if options.diversity and options.groups == 1:
        yield "diversity needs 2 or more groups"
