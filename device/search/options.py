"""Decoding options: the settings of a search, with descriptions for users.

`OPTIONS` describes the fields of `DecodingOptions`. The flags of `seq2edge run`, the JSON fields of `seq2edge serve`,
the controls of the demo and the table in docs/decoding.md are derived from it. To add an option, add a field here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seq2edge.device.errors import UserError
from seq2edge.device.manifests import caps
from seq2edge.device.option import (
    Option,
    Range,
    option,
    options_of,
    out_of_range,
    wrong_types,
)

# Upper limits, far above useful values. They keep numbers finite and the time of a request bounded.
LARGEST_BEAM = 64
LARGEST_LENGTH_PENALTY = 50  # the divisor of the longest target is then 1e187
LARGEST_PENALTY = 1000  # in nats, or a factor of a logarithm
LARGEST_RATIO = 1000
LARGEST_TEMPERATURE = 1000
LARGEST_SEED = (1 << 32) - 1
MOST_PHRASES = {"required": 100, "banned": 1000, "earlier_replies": 100}  # every step checks all of them
MOST_CHARACTERS = 20_000  # total over the phrases of an option
LENGTH, PENALTY, RATIO = Range(0, caps.LENGTH), Range(0, LARGEST_PENALTY), Range(0, LARGEST_RATIO)


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """Options of the search for a target.

    `OPTIONS` has a description of each field. Lengths are numbers of target tokens, including eos.

    Example:
        >>> DecodingOptions(beam=5, n_best=3).beam
        5
        >>> DecodingOptions(n_best=3, temperature=0.7)
        Traceback (most recent call last):
        seq2edge.device.errors.UserError: n_best must be at most beam = 1, got 3; temperature needs sample

    Raises:
        UserError: If values have a wrong type, are out of range or contradict each other. The message lists all
            mistakes.
    """

    beam: int = option(
        1,
        "beam search",
        "hypotheses kept at each step; 1 is greedy search; with sample: targets drawn",
        Range(1, LARGEST_BEAM),
    )
    n_best: int = option(
        1, "beam search", "number of answers to return, best first; at most beam", Range(1, LARGEST_BEAM)
    )
    length_penalty: float = option(
        0.6,
        "beam search",
        "alpha of Wu et al. 2016, equation 14; larger values favour longer answers",
        Range(0, LARGEST_LENGTH_PENALTY),
    )
    coverage_penalty: float = option(
        0.0, "beam search", "beta of the same equation; favours answers that attend to the whole source", PENALTY
    )
    groups: int = option(
        1,
        "beam search",
        "split the beam into this many groups (diverse beam search, Vijayakumar et al. 2016)",
        Range(1, LARGEST_BEAM),
    )
    diversity: float = option(
        0.0,
        "beam search",
        "nats subtracted from a token for each time an earlier group chose it in the same step",
        PENALTY,
    )
    shortlist: bool = option(
        True, "beam search", "use the bundle's shortlist of tokens that are likely for the source, if it has one"
    )
    max_length: int = option(
        64, "length", "maximum number of tokens in an answer, including eos", Range(1, caps.LENGTH)
    )
    min_length: int = option(1, "length", "minimum number of tokens in an answer, including eos", LENGTH)
    max_ratio: float | None = option(
        None,
        "length",
        "maximum length as a multiple of the source's tokens; the stricter limit applies",
        Range(0, LARGEST_RATIO, exclusive=True),
    )
    min_ratio: float = option(
        0.0, "length", "minimum length as a multiple of the source's tokens; the stricter limit applies", RATIO
    )
    sample: bool = option(False, "sampling", "draw each token at random according to its probability")
    temperature: float = option(
        1.0,
        "sampling",
        "divides the logits; below 1 favours likely tokens, above 1 evens them out",
        Range(1 / LARGEST_TEMPERATURE, LARGEST_TEMPERATURE),
    )
    top_k: int = option(
        0, "sampling", "draw from the k most likely tokens only; 0: from all", Range(0, caps.VOCABULARY)
    )
    top_p: float = option(
        1.0,
        "sampling",
        "draw from the smallest set of tokens with this total probability (Holtzman et al. 2020)",
        Range(0, 1, exclusive=True),
    )
    seed: int = option(
        0, "sampling", "seed of the random numbers; the same seed gives the same answers", Range(0, LARGEST_SEED)
    )
    no_repeat_ngram: int = option(
        0, "repetition", "forbid repeated n-grams of this size within an answer; 0: allow all", LENGTH
    )
    earlier_replies: tuple[str, ...] = option((), "repetition", "an earlier reply to penalise")
    earlier_replies_penalty: float = option(
        4.0, "repetition", "nats subtracted from an answer that equals an earlier reply", PENALTY
    )
    prefix: str = option("", "phrases", "text the answer must start with")
    required: tuple[str, ...] = option((), "phrases", "phrase the answer must contain")
    banned: tuple[str, ...] = option((), "phrases", "phrase the answer must not contain")
    all_items: bool = option(
        False, "phrases", "write every number, path and placeholder of the source, if the bundle has slots for them"
    )

    def __post_init__(self) -> None:
        for one in OPTIONS.values():
            if one.type is tuple and isinstance(value := getattr(self, one.name), list):
                object.__setattr__(self, one.name, tuple(value))
        mistakes = list(wrong_types(self, OPTIONS)) or [*out_of_range(self, OPTIONS), *_contradictions(self)]
        if mistakes:
            raise UserError("; ".join(mistakes))

    def limits(self, source_length: int) -> tuple[int, int]:
        """Return the minimum and maximum length of a target for a source of `source_length` tokens."""
        most = self.max_length
        if self.max_ratio is not None:
            most = max(1, min(most, int(self.max_ratio * source_length)))
        return min(most, max(self.min_length, int(self.min_ratio * source_length))), most


OPTIONS: dict[str, Option] = options_of(DecodingOptions)


def latest_replies(replies: Sequence[str]) -> tuple[str, ...]:
    """Return the latest replies, as many as the option `earlier_replies` allows."""
    kept: list[str] = []
    for reply in reversed(replies[-MOST_PHRASES["earlier_replies"] :]):
        if sum(map(len, kept)) + len(reply) > MOST_CHARACTERS:
            break
        kept.insert(0, reply)
    return tuple(kept)


def _contradictions(options: DecodingOptions) -> Iterator[str]:
    """Yield a message for each contradiction between options. `Phrases.check` finds those between phrases."""
    for name, most in MOST_PHRASES.items():
        if (given := len(getattr(options, name))) > most:
            yield f"{name} must have at most {most:,} phrases, got {given:,}"
    for name in ("prefix", *MOST_PHRASES):
        if (given := sum(map(len, getattr(options, name)))) > MOST_CHARACTERS:
            yield f"{name} must have at most {MOST_CHARACTERS:,} characters, got {given:,}"
    if options.n_best > max(options.beam, 1):
        yield f"n_best must be at most beam = {options.beam}, got {options.n_best}"
    if options.groups > 1 and options.beam % options.groups:
        yield f"groups must be a divisor of beam = {options.beam}, got {options.groups}"
    if options.min_length > options.max_length:
        yield f"min_length must be at most max_length = {options.max_length}, got {options.min_length}"
    if options.max_ratio is not None and options.min_ratio > options.max_ratio:
        yield f"min_ratio must be at most max_ratio = {options.max_ratio}, got {options.min_ratio}"
    if not options.sample:
        for name in ("temperature", "top_k", "top_p"):
            if getattr(options, name) != OPTIONS[name].default:
                yield f"{name} needs sample"
    if options.sample and options.groups > 1:
        yield "sample and groups exclude each other"
    if options.diversity and options.groups == 1:
        yield "diversity needs 2 or more groups"
