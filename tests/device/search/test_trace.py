"""Traces of a search with a model whose probabilities are known."""

import math

import numpy as np
import pytest

from seq2edge.device.search.decoding import decode_stepwise
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import NO_PHRASES, Phrases
from seq2edge.device.search.search import Search
from seq2edge.device.search.trace import Node, highest
from seq2edge.device.search.traced_search import DROPPED, TracedSearch, decode_traced
from seq2edge.device.special_ids import BOS, EOS

A, B, C = EOS + 1, EOS + 2, EOS + 3
# For each token the probabilities of the next token.
TABLE = {
    BOS: {A: 0.6, B: 0.3, C: 0.1},
    A: {B: 0.5, C: 0.3, EOS: 0.2},
    B: {EOS: 0.9, A: 0.1},
    C: {EOS: 0.8, B: 0.2},
}
SOURCE = {"source_ids": np.array([7, EOS], np.int32)}


class Table(SequenceModel):
    """A model that returns all tokens or, like a model file, only the most likely ones."""

    mutable = ()

    def __init__(self, top=False):
        self.top = top

    def encode(self, sources, vocabulary=Vocabulary.FULL):
        return None, []

    def step(self, token_ids, memory, sentence, states):
        probabilities = np.zeros((len(token_ids), C + 1))
        for row, token in zip(probabilities, token_ids.tolist(), strict=True):
            row[list(TABLE[token])] = list(TABLE[token].values())
        with np.errstate(divide="ignore"):
            logits = np.log(probabilities)
        if not self.top:
            return StepOutput(logits, [], None)
        order = np.argsort(-logits, axis=1)[:, :4]
        return StepOutput(np.take_along_axis(logits, order, axis=1), [], None, order)


def traced(model=None, phrases=NO_PHRASES, **options):
    ((hypotheses, trace),) = decode_traced(model or Table(), [SOURCE], DecodingOptions(**options), phrases)
    return hypotheses, trace


def tokens(nodes):
    return [node.token_id for node in nodes]


@pytest.mark.parametrize("top", [False, True])
def test_a_greedy_trace_has_one_live_hypothesis_and_the_dropped_ones(top):
    (best,), trace = traced(Table(top))
    assert best.ids == (A, B) == trace.ids(trace.best)
    first, second, third = trace.steps
    assert tokens(first.live) == [A]
    assert tokens(first.dropped) == [B, C]
    assert tokens(second.dropped) == [C, EOS]
    assert (third.live, tokens(third.finished)) == ((), [EOS])
    assert third.finished[0].score == pytest.approx(best.score)


def test_each_hypothesis_has_a_parent_and_the_probability_of_its_token():
    _, trace = traced(beam=2, length_penalty=0.0)
    for node in list(trace.nodes.values())[1:]:
        before = trace.nodes[node.parent].token_id
        assert math.exp(node.log_prob) == pytest.approx(TABLE[before][node.token_id])
        whole = sum(one.log_prob for one in trace.path(node.id))
        assert node.score == pytest.approx(whole)


def test_every_live_hypothesis_has_its_next_tokens():
    _, trace = traced(beam=2)
    for before, step in zip(trace.steps, trace.steps[1:], strict=False):
        assert [one.node for one in step.next_tokens] == [node.id for node in before.live]
    first = trace.next_tokens[0]
    assert dict(zip(first.token_ids, np.exp(first.log_probs), strict=True)) == pytest.approx(TABLE[BOS])


def test_a_forced_prefix_does_not_change_the_next_tokens():
    (best,), trace = traced(phrases=Phrases(prefix=(C,)))
    assert best.ids[0] == C
    assert trace.next_tokens[0].token_ids == (A, B, C)
    assert tokens(trace.steps[0].live) == [C]
    assert trace.steps[0].dropped == ()  # no other token was allowed


def test_a_sampled_token_is_among_the_next_tokens():
    drawn, trace = traced(sample=True, beam=3, n_best=3, seed=4)
    assert {hypothesis.ids for hypothesis in drawn} == {
        trace.ids(node.id) for step in trace.steps for node in step.finished
    }
    for node in list(trace.nodes.values())[1:]:
        assert node.token_id in trace.next_tokens[node.parent].token_ids


def test_a_hypothesis_without_possible_tokens_is_finished():
    _, trace = traced(phrases=Phrases(banned=((A,), (B,), (C,))), min_length=3)
    assert trace.best == 0
    assert trace.path(0) == ()
    _, trace = traced(phrases=Phrases(banned=((B,), (A, C), (C,))), min_length=3)
    assert trace.ids(trace.best) == (A,)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"beam": 4, "n_best": 3},
        {"beam": 4, "groups": 2, "diversity": 0.5, "n_best": 2},
        {"beam": 3, "sample": True, "temperature": 2.0},
        {"beam": 2, "min_length": 4, "max_length": 4},
    ],
    ids=str,
)
def test_a_traced_search_finds_the_same_targets(options):
    hypotheses, trace = traced(**options)
    assert hypotheses == decode_stepwise(Table(), [SOURCE], DecodingOptions(**options))[0]
    assert trace.ids(trace.best) == hypotheses[0].ids


def test_the_trace_is_json_with_unique_ids():
    import json

    _, trace = traced(beam=4)
    values = json.loads(json.dumps(trace.as_json()))
    steps = values["steps"]
    ids = [node["id"] for step in steps for kind in ("live", "dropped", "finished") for node in step[kind]]
    assert len(ids) == len(set(ids))
    assert values["best"] in ids


def test_a_parent_has_only_its_best_dropped_continuations():
    nodes = [Node(number, number % 2, A, -1.0, -number) for number in range(1, 20)]
    kept = highest(nodes, DROPPED)
    assert [node.id for node in kept] == list(range(1, 2 * DROPPED + 1))


def test_an_ordinary_search_contains_no_code_for_traces():
    """Tracing is a subclass, so an ordinary search neither branches nor stores anything for it."""
    names = {
        name
        for function in vars(Search).values()
        if hasattr(function, "__code__")
        for name in (*function.__code__.co_names, *function.__code__.co_varnames)
    }
    assert not {name for name in names if "trace" in name or name in vars(TracedSearch)} - vars(Search).keys()
    search = Search(DecodingOptions(), NO_PHRASES, SOURCE)
    assert not vars(search).keys() & {"steps", "considered", "endings"}
