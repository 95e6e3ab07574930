"""How to search for a target, and which settings contradict each other."""

from collections.abc import Iterator
from dataclasses import dataclass

from seq2edge.device.errors import UserError

LARGEST_BEAM = 64
Ids = tuple[int, ...]


@dataclass(frozen=True)
class DecodingOptions:
    """How to search. Lengths are of target tokens, eos counted; phrases are ids without bos and eos.

    Attributes:
        beam: Hypotheses kept side by side; 1 is greedy search. With `sample`, targets drawn.
        n_best: Hypotheses returned, at most `beam`.
        max_length, min_length: Target tokens at most and at least.
        max_ratio, min_ratio: The same as a multiple of the source's tokens; the stricter limit holds. A max_ratio of
            None is no limit.
        length_penalty: Alpha of Wu et al. 2016, equation 14; 0 prefers short targets.
        coverage_penalty: Beta of the same equation; a hypothesis loses where source tokens were looked at too little.
        no_repeat_ngram: No so many tokens in a row stand twice in a target; 0 allows all.
        groups, diversity: Diverse beam search (Vijayakumar et al. 2016): the beam in groups, each after the others; a
            token that so many of them have just taken costs as many times `diversity`, in nats.
        sample: Draw each token at random, by its probability.
        temperature, top_k, top_p: Of sampling: logits divided by it; only the k likeliest; only the likeliest that have
            p of the probability together (Holtzman et al. 2020). A top_k of 0 is all.
        seed: Of sampling; a source's targets depend on it and on the source, not on its neighbours.
        prefix: What every target begins with.
        required: Phrases every target shall have; where they do not fit, the hypothesis says what is missing.
        banned: Phrases no target has.
        given, given_penalty: Whole targets that are less likely by so many nats, as replies already given in a chat.
        shortlist: Look only at tokens that are likely for the source, where the model has a list of them.
    """

    beam: int = 1
    n_best: int = 1
    max_length: int = 64
    length_penalty: float = 0.6
    min_length: int = 1
    max_ratio: float | None = None
    min_ratio: float = 0.0
    coverage_penalty: float = 0.0
    no_repeat_ngram: int = 0
    groups: int = 1
    diversity: float = 0.0
    sample: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    prefix: Ids = ()
    required: tuple[Ids, ...] = ()
    banned: tuple[Ids, ...] = ()
    given: tuple[Ids, ...] = ()
    given_penalty: float = 0.0
    shortlist: bool = True

    def __post_init__(self) -> None:
        mistakes = [*_out_of_range(self), *_contradictions(self)]
        if mistakes:
            raise UserError("; ".join(mistakes))

    @property
    def ruled(self) -> bool:
        """Do rules about single tokens hold, beside the lengths?"""
        given = self.given and self.given_penalty
        return bool(self.no_repeat_ngram or self.prefix or self.required or self.banned or given)

    @property
    def plain(self) -> bool:
        """Does the search look at nothing but the likeliest tokens of each step?"""
        return not (self.ruled or self.given or self.sample or self.diversity or self.min_length > 1 or self.min_ratio)

    def limits(self, source_length: int) -> tuple[int, int]:
        """Fewest and most tokens of a target, eos counted, for a source of so many tokens."""
        most = self.max_length
        if self.max_ratio is not None:
            most = max(1, min(most, int(self.max_ratio * source_length)))
        return min(most, max(self.min_length, int(self.min_ratio * source_length))), most


def _out_of_range(options: DecodingOptions) -> Iterator[str]:
    if not 1 <= options.beam <= LARGEST_BEAM:
        yield f"beam is {options.beam}, allowed are 1 to {LARGEST_BEAM}"
    if not 1 <= options.n_best <= max(options.beam, 1):
        yield f"n_best is {options.n_best}, allowed are 1 to the beam, {options.beam}"
    for key, least in (("max_length", 1), ("min_length", 0), ("no_repeat_ngram", 0), ("top_k", 0), ("seed", 0)):
        if (value := getattr(options, key)) < least:
            yield f"{key} is {value}, allowed is {least} or more"
    for key in ("length_penalty", "coverage_penalty", "diversity", "given_penalty", "min_ratio"):
        if not (value := getattr(options, key)) >= 0:
            yield f"{key} is {value}, allowed is 0 or more"
    if options.max_ratio is not None and not options.max_ratio > 0:
        yield f"max_ratio is {options.max_ratio}, allowed is more than 0"
    if not options.temperature > 0:
        yield f"temperature is {options.temperature}, allowed is more than 0"
    if not 0 < options.top_p <= 1:
        yield f"top_p is {options.top_p}, allowed is more than 0, up to 1"
    if options.groups < 1 or options.beam % options.groups:
        yield f"groups is {options.groups}, allowed is what divides the beam, {options.beam}"


def _contradictions(options: DecodingOptions) -> Iterator[str]:
    if options.min_length > options.max_length:
        yield f"min_length {options.min_length} is above max_length {options.max_length}"
    if options.max_ratio is not None and options.min_ratio > options.max_ratio:
        yield f"min_ratio {options.min_ratio} is above max_ratio {options.max_ratio}"
    if len(options.prefix) >= options.max_length:
        tokens = len(options.prefix)
        yield f"the prefix has {tokens} tokens, and max_length {options.max_length} leaves no room after it"
    if not options.sample and (options.temperature != 1 or options.top_k or options.top_p != 1):
        yield "temperature, top_k and top_p are of sampling, and sample is off"
    if options.sample and options.groups > 1:
        yield "sample draws at random, groups search; allowed is one of them"
    if options.required and (options.sample or options.groups > 1):
        yield "required phrases need one beam; allowed are sample = False and groups = 1"
    if options.diversity and options.groups == 1:
        yield "diversity is between groups, and there is one"
    for phrase in options.required:
        if any(contains(phrase, banned) for banned in options.banned):
            yield f"the phrase {list(phrase)} is required and banned"
    if any(contains(options.prefix, banned) for banned in options.banned):
        yield "the prefix has a banned phrase"


def contains(ids: Ids, phrase: Ids) -> bool:
    """Does a phrase stand somewhere in the ids, its tokens in a row?"""
    return any(ids[start : start + len(phrase)] == phrase for start in range(len(ids) - len(phrase) + 1))
