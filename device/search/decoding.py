"""Decodes batches of sources, and scores given targets by teacher forcing, with any `SequenceModel`."""

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.processors.interface import Features
from seq2edge.device.search.hypothesis import Hypothesis
from seq2edge.device.search.model import GreedyOutput, SequenceModel, StepOutput, Vocabulary
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases
from seq2edge.device.search.ranking import penalty
from seq2edge.device.search.search import Search
from seq2edge.device.special_ids import BOS, EOS


def decode(
    model: SequenceModel, sources: Sequence[Features], options: DecodingOptions, phrases: Phrases = NO_PHRASES
) -> list[list[Hypothesis]]:
    """Search for the best targets of a batch of sources.

    Args:
        model: The model.
        sources: Unpadded features of each source.
        options: The decoding options.
        phrases: The phrases of the options as token ids, made by `Phrases.of`.

    Returns:
        For each source its `n_best` hypotheses, best first.

    Raises:
        UserError: If phrases contradict the options, or the options have a coverage penalty and the model has no
            attention.
    """
    is_greedy = options.beam == 1 and not options.coverage_penalty
    if is_greedy and needed_vocabulary(options, phrases) is not Vocabulary.FULL:
        outputs = [model.greedy(source, options) for source in sources]
        if None not in outputs:
            return [[_hypothesis(output, options)] for output in outputs if output]
    return decode_stepwise(model, sources, options, phrases)


def decode_stepwise(
    model: SequenceModel, sources: Sequence[Features], options: DecodingOptions, phrases: Phrases = NO_PHRASES
) -> list[list[Hypothesis]]:
    """Do what `decode` does, but always step by step, even if the model offers a greedy search in one call."""
    steps = decode_steps(model, sources, options, phrases)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def decode_steps(
    model: SequenceModel,
    sources: Sequence[Features],
    options: DecodingOptions,
    phrases: Phrases = NO_PHRASES,
    search_type: type[Search] = Search,
) -> Generator[list[Search], None, list[list[Hypothesis]]]:
    """Do what `decode` does, and yield the searches after each step. `Search.agreed` is the part that is final.

    No step is computed ahead. Closing the generator cancels the search.

    Args:
        model, sources, options, phrases: As for `decode`.
        search_type: Class of the search for each source.
    """
    if not sources:
        return []
    vocabulary = needed_vocabulary(options, phrases)
    phrases.check(options)
    memory, states = model.encode(sources, vocabulary)
    searches = [search_type(options, phrases, source) for source in sources]
    live = list(enumerate([1] * len(searches)))  # index and number of rows of each unfinished source
    sentence = np.arange(len(sources))  # index of the source of each row
    tokens = np.full(len(sources), BOS, np.int32)
    while live:
        output = model.step(tokens, memory, sentence, states)
        if options.coverage_penalty and output.attention is None:
            raise UserError(f"coverage_penalty must be 0 for a model without attention, got {options.coverage_penalty}")
        before, (live, kept) = live, _advance(searches, live, output)
        if kept == list(range(len(sentence))):
            states = output.states
        else:
            order = np.array(kept, np.intp)
            # A state that does not change is the same in all rows of a source.
            states = [
                new.take(order, axis=0) if changes or live != before else old
                for changes, old, new in zip(model.mutable, states, output.states, strict=True)
            ]
        if live != before:
            sentence = np.repeat(*np.array(live).T) if live else sentence[:0]
        tokens = np.array([hypothesis.ids[-1] for index, _ in live for hypothesis in searches[index].live], np.int32)
        yield searches
    return [search.results() for search in searches]


def _advance(
    searches: Sequence[Search], live: Sequence[tuple[int, int]], output: StepOutput
) -> tuple[list[tuple[int, int]], list[int]]:
    """Advance each search with its rows of a step.

    Returns:
        Index and number of rows of each unfinished source, and for each new row the index of the row it continues.
    """
    log_probs, attention, token_ids = output.log_probs(), output.attention, output.token_ids
    still_live, kept, first = [], [], 0
    for index, count in live:
        rows = slice(first, first + count)
        parents = searches[index].advance(
            log_probs[rows],
            None if attention is None else attention[rows],
            None if token_ids is None else token_ids[rows],
        )
        kept += [first + parent for parent in parents]
        if parents:
            still_live.append((index, len(parents)))
        first += count
    return still_live, kept


def needed_vocabulary(options: DecodingOptions, phrases: Phrases) -> Vocabulary:
    """The tokens that a search needs: all tokens if it samples or changes log-probabilities of single tokens.

    Raises:
        ValueError: If the options have phrases, but `phrases` was not made from them.
    """
    texts = options.prefix or options.required or options.banned or options.earlier_replies
    if texts and phrases is NO_PHRASES:
        raise ValueError("options with phrases need their token ids: Phrases.of(options, tokenizer)")
    changes_tokens = options.min_length > 1 or options.min_ratio or options.no_repeat_ngram or options.diversity
    if options.sample or changes_tokens or phrases != NO_PHRASES:
        return Vocabulary.FULL
    return Vocabulary.SHORTLIST if options.shortlist else Vocabulary.TOP


def _hypothesis(output: GreedyOutput, options: DecodingOptions) -> Hypothesis:
    ended = EOS in output.ids[-1:]
    ids = tuple(output.ids[: len(output.ids) - ended].tolist())
    log_probs = tuple(output.log_probs.tolist())
    attention = None if output.attention is None or not ids else output.attention[: len(ids)]
    score = sum(log_probs) / penalty(len(log_probs), options.length_penalty)
    return Hypothesis(ids, score, sum(log_probs), log_probs, attention, ended)


def forced_steps(
    model: SequenceModel, sources: Sequence[Features], target_ids: Sequence[Sequence[int]]
) -> Iterator[StepOutput]:
    """Run a model along given targets (teacher forcing).

    Args:
        model, sources: As for `decode`.
        target_ids: One target for each source. The last id of a shorter target is repeated.

    Yields:
        For each target position the outputs that predict the id at this position, with one row for each source.
    """
    memory, states = model.encode(sources)
    rows = np.arange(len(sources))
    tokens = np.full(len(rows), BOS, np.int32)
    for position in range(max(map(len, target_ids))):
        output = model.step(tokens, memory, rows, states)
        yield output
        states = output.states
        for row, target in enumerate(target_ids):
            if position < len(target):
                tokens[row] = target[position]


def target_log_probs(
    model: SequenceModel, sources: Sequence[Features], target_ids: Sequence[Sequence[int]]
) -> list[np.ndarray]:
    """Compute log-probabilities of given targets in nats, step by step as in a search.

    Args:
        model, sources: As for `decode`.
        target_ids: One target for each source, ending in eos.

    Returns:
        For each source the log-probabilities of its target ids, `(target_length,)`.
    """
    found: list[list[float]] = [[] for _ in sources]
    for position, output in enumerate(forced_steps(model, sources, target_ids)):
        log_probs = output.log_probs()
        for row, target in enumerate(target_ids):
            if position < len(target):
                found[row].append(float(log_probs[row, target[position]]))
    return [np.array(values) for values in found]
