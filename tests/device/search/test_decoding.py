import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2edge.device.errors import UserError
from seq2edge.device.search.decoding import decode, decode_steps
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary, log_softmax
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.search.phrases import Phrases
from seq2edge.device.search.ranking import coverage, penalty
from seq2edge.device.special_ids import BOS, EOS

VOCABULARY, LONGEST, SOURCE = 7, 4, 3
WIDE = {"beam": 64, "max_length": LONGEST}


class Markov(SequenceModel):
    """A model whose next token depends only on the last token and the source, so scores can be computed by hand."""

    mutable = (True, False)

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.tables = random.normal(size=(10, VOCABULARY, VOCABULARY)).astype("float32") * 2
        self.attention = random.dirichlet(np.ones(SOURCE), size=VOCABULARY).astype("float32")

    def encode(self, sources, vocabulary=Vocabulary.FULL):
        kinds = np.array([source["source_ids"][0] for source in sources])
        return kinds, [np.zeros((len(kinds), 1)), kinds[:, None].astype("float32")]

    def step(self, token_ids, memory, sentence, states):
        assert (states[1][:, 0] == memory[sentence]).all()  # states must follow their rows
        logits = self.tables[memory[sentence], token_ids]
        return StepOutput(logits, [states[0] + 1, states[1]], self.attention[token_ids])


def source(*ids):
    return {"source_ids": np.array([*ids, EOS], np.int32)}


def stands_in(phrase, ids):
    return any(ids[i : i + len(phrase)] == phrase for i in range(len(ids) - len(phrase) + 1))


def allowed(ids, finished, options, phrases):
    """Whether a target satisfies all constraints, checked without a search."""
    least, most = options.limits(SOURCE)
    size = options.no_repeat_ngram
    ngrams = [ids[i : i + size] for i in range(len(ids) - size + 1)] if size else []
    return (
        (least <= len(ids) + 1 <= most if finished else len(ids) == most)
        and ids[: len(phrases.prefix)] == phrases.prefix
        and len(ngrams) == len(set(ngrams))
        and not any(stands_in(phrase, ids) for phrase in phrases.banned)
        and all(stands_in(phrase, ids) for phrase in phrases.required)
    )


def score(model, kind, ids, finished, options, phrases):
    tokens = [*ids, EOS] if finished else list(ids)
    total = sum(
        log_softmax(model.tables[kind, last][None])[0, token]
        for last, token in zip([BOS, *tokens], tokens, strict=False)
    )
    for reply in phrases.earlier:
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(tokens, [*reply, EOS], strict=False))
        total -= options.earlier_replies_penalty * len(list(same)) / (len(reply) + 1)
    result = total / penalty(len(tokens), options.length_penalty)
    if options.coverage_penalty and ids:
        looked = model.attention[[BOS, *ids[:-1]]]
        result += options.coverage_penalty * coverage(looked)
    return result


def exhaustive(model, kind, options, phrases):
    """All possible targets, best first."""
    found = [
        (score(model, kind, ids, finished, options, phrases), ids)
        for length in range(LONGEST + 1)
        for ids in itertools.product(range(EOS + 1, VOCABULARY), repeat=length)
        for finished in (True, False)
        if allowed(ids, finished, options, phrases)
    ]
    return sorted(found, reverse=True)


@pytest.mark.parametrize(
    "rules",
    [
        {"length_penalty": 0.0},
        {"length_penalty": 1.5},
        {"coverage_penalty": 0.4},
        {"min_length": 3},
        {"max_ratio": 1.0},
        {"min_ratio": 1.0},
        {"no_repeat_ngram": 1},
        {"no_repeat_ngram": 2},
        {"prefix": (5, 4)},
        {"banned": ((4, 5), (6,))},
        {"required": ((5,),)},
        {"required": ((6, 4), (5,))},
        {"earlier": ((4,), (5, 6)), "earlier_replies_penalty": 3.0},
        {"coverage_penalty": 0.2, "required": ((6,),), "banned": ((6, 6),), "min_length": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_is_an_exhaustive_search(seed, rules):
    phrases = Phrases(**{name: rules[name] for name in rules if name in Phrases.__dataclass_fields__})
    settings = {name: rules[name] for name in rules if name not in Phrases.__dataclass_fields__}
    model, options = Markov(seed), DecodingOptions(**WIDE, n_best=5, **settings)
    expected = exhaustive(model, 3, options, phrases)[:5]
    found = decode(model, [source(3, 5)], options, phrases)[0]
    assert [hypothesis.ids for hypothesis in found[: len(expected)]] == [ids for _, ids in expected]
    assert [hypothesis.score for hypothesis in found] == pytest.approx([value for value, _ in expected], rel=1e-4)


def test_a_required_phrase_without_room_is_reported_as_missing():
    phrases = Phrases(required=((4, 5), (6, 6)))
    best = decode(Markov(0), [source(1, 5)], DecodingOptions(beam=4, max_length=3), phrases)[0][0]
    assert best.ids
    assert best.missing


def test_a_hypothesis_without_possible_tokens_is_not_finished():
    everything = tuple((token,) for token in range(EOS + 1, VOCABULARY))
    options = DecodingOptions(max_length=9, min_length=3)
    best = decode(Markov(0), [source(1, 5)], options, Phrases(banned=everything))[0][0]
    assert best.ids == ()
    assert not best.finished


def test_a_sample_without_possible_tokens_is_not_finished_either():
    options = DecodingOptions(sample=True, beam=3, min_length=4, max_length=4, no_repeat_ngram=1)
    banned = tuple((token,) for token in range(EOS + 1, VOCABULARY) if token != 5)
    (found,) = decode(Markov(0), [source(2)], options, Phrases(banned=banned))
    assert {hypothesis.ids for hypothesis in found} == {(5,)}


def test_coverage_equals_the_calculation_by_hand():
    attention = np.array([[0.5, 0.5, 0.0], [0.75, 0.0, 0.25]])
    assert coverage(attention) == pytest.approx(math.log(0.5) + math.log(0.25))


def test_a_coverage_penalty_needs_attention():
    model = Markov(0)
    model.step = lambda *inputs: StepOutput(np.zeros((1, VOCABULARY)), inputs[3], None)
    with pytest.raises(UserError, match=r"coverage_penalty must be 0 .*, got 0\.1"):
        decode(model, [source(1, 5)], DecodingOptions(coverage_penalty=0.1))


def test_groups_give_more_diverse_targets():
    def variety(options):
        model = Markov(4)
        first = [{h.ids[:1] for h in decode(model, [source(kind, 5)], options)[0]} for kind in range(8)]
        return sum(len(ids) for ids in first)

    plain = DecodingOptions(beam=4, n_best=4, max_length=12)
    diverse = DecodingOptions(beam=4, n_best=4, max_length=12, groups=4, diversity=5.0)
    assert variety(diverse) > variety(plain)


def test_groups_without_diversity_equal_a_beam_of_the_group_size():
    for seed in range(5):
        narrow = decode(Markov(seed), [source(2, 5)], DecodingOptions(beam=2, max_length=8))[0][0]
        grouped = decode(Markov(seed), [source(2, 5)], DecodingOptions(beam=6, groups=3, max_length=8))[0][0]
        assert grouped.ids == narrow.ids


def first_tokens(options, draws=400):
    model = Markov(3)
    found = [
        decode(model, [source(2, 5)], DecodingOptions(sample=True, max_length=2, seed=seed, **options))[0][0]
        for seed in range(draws)
    ]
    return [hypothesis.ids[0] if hypothesis.ids else EOS for hypothesis in found]


def test_samples_are_as_frequent_as_their_probabilities():
    likely = np.exp(log_softmax(Markov(3).tables[2, BOS][None])[0])
    drawn = np.bincount(first_tokens({}), minlength=VOCABULARY) / 400
    np.testing.assert_allclose(drawn, likely, atol=4 * 0.5 / 20)


@pytest.mark.parametrize("options", [{"top_k": 2}, {"top_p": 0.7}, {"temperature": 0.01}])
def test_top_k_and_top_p_exclude_unlikely_tokens(options):
    likely = log_softmax(Markov(3).tables[2, BOS][None])[0]
    order = np.argsort(-likely)
    reaching = 1 + np.searchsorted(np.cumsum(np.exp(likely[order])), 0.7)
    kept = reaching if "top_p" in options else options.get("top_k", 1)
    assert set(first_tokens(options, draws=60)) <= set(order[:kept].tolist())


def test_samples_do_not_depend_on_other_sources():
    options = DecodingOptions(sample=True, beam=3, n_best=3, max_length=8, seed=7)
    alone = decode(Markov(1), [source(2, 5)], options)[0]
    beside = decode(Markov(1), [source(5, 5), source(2, 5)], options)[1]
    assert [h.ids for h in alone] == [h.ids for h in beside]


def test_the_agreed_prefix_grows_into_the_answer():
    for options in (DecodingOptions(max_length=9), DecodingOptions(beam=4, max_length=9)):
        steps = decode_steps(Markov(6), [source(1, 5), source(4, 5)], options)
        settled = []
        while True:
            try:
                settled.append([search.agreed for search in next(steps)])
            except StopIteration as end:
                answers = [best.ids for best, *_ in end.value]
                break
        for number, answer in enumerate(answers):
            prefixes = [ids[number] for ids in settled]
            assert prefixes[-1] == answer
            assert all(later[: len(earlier)] == earlier for earlier, later in itertools.pairwise(prefixes))


def test_leaving_a_search_stops_the_model():
    model, steps_taken = Markov(2), []
    step = model.step
    model.step = lambda *inputs: steps_taken.append(1) or step(*inputs)
    model.tables[..., EOS] = -1e9
    next(decode_steps(model, [source(1, 5)], DecodingOptions(max_length=50)))
    assert len(steps_taken) == 1


def test_a_hypothesis_has_confidence_and_alignment():
    best = decode(Markov(1), [source(2, 5)], DecodingOptions(max_length=6))[0][0]
    assert best.confidence == pytest.approx(np.exp(np.mean(best.token_log_probs)))
    assert best.alignment == tuple(best.attention.argmax(axis=1))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    kinds=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    beam=st.integers(1, 6),
    alpha=st.sampled_from([0.0, 0.6, 1.0]),
    most=st.integers(1, 9),
    ngram=st.integers(0, 3),
    banned=st.lists(st.lists(st.integers(4, 6), min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
)
def test_batches_give_the_same_targets_and_obey_the_constraints(seed, kinds, beam, alpha, most, ngram, banned):
    model, sources = Markov(seed), [source(kind, 5) for kind in kinds]
    options = DecodingOptions(beam=beam, max_length=most, length_penalty=alpha, no_repeat_ngram=ngram)
    phrases = Phrases(banned=banned)
    together = [best for best, *_ in decode(model, sources, options, phrases)]
    assert [best.ids for best in together] == [decode(model, [one], options, phrases)[0][0].ids for one in sources]
    for best in together:
        assert len(best.token_log_probs) <= most
        assert not any(stands_in(phrase, best.ids) for phrase in banned)
        assert best.log_probability == pytest.approx(sum(best.token_log_probs))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), kind=st.integers(0, 9), alpha=st.sampled_from([0.0, 0.6, 1.5]))
def test_the_search_stops_only_when_nothing_better_can_come(seed, kind, alpha):
    """A search without the stopping rule finds the same targets."""
    model, options = Markov(seed), DecodingOptions(beam=5, n_best=2, max_length=7, length_penalty=alpha)
    stopped = decode(model, [source(kind, 5)], options)[0]
    patient = decode(model, [source(kind, 5)], DecodingOptions(beam=5, n_best=5, max_length=7, length_penalty=alpha))[0]
    assert [h.ids for h in stopped] == [h.ids for h in patient[:2]]


def test_all_contradictions_are_reported_at_once():
    with pytest.raises(UserError) as said:
        DecodingOptions(beam=2, n_best=3, min_length=9, max_length=4, top_k=3)
    for part in ("n_best must be at most", "min_length must be at most max_length = 4, got 9", "top_k needs sample"):
        assert part in str(said.value)
    phrases = Phrases(prefix=(6,) * 4, required=((4, 5), (5,)), banned=((5,),))
    with pytest.raises(UserError) as said:
        phrases.check(DecodingOptions(beam=2, max_length=4, sample=True))
    for part in (
        "prefix has 4 tokens, which max_length 4 leaves no room for",
        "cannot be combined with sample",
        "required phrase [4, 5] contains the banned phrase [5]",
        "required phrase [5] contains the banned phrase [5]",
    ):
        assert part in str(said.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"beam": 4, "groups": 3}, "groups must be a divisor of beam = 4, got 3"),
        ({"diversity": 1.0}, "diversity needs 2 or more groups"),
        ({"sample": True, "temperature": 0}, "temperature must be between 0.001 and 1,000, got 0"),
        ({"sample": True, "top_p": 1.5}, "top_p must be greater than 0 and at most 1, got 1.5"),
        ({"sample": True, "beam": 2, "groups": 2}, "sample and groups exclude each other"),
        ({"min_ratio": 2.0, "max_ratio": 1.0}, "min_ratio must be at most max_ratio = 1.0, got 2.0"),
        ({"length_penalty": float("nan")}, "length_penalty must be between 0 and 50, got nan"),
    ],
)
def test_wrong_options_are_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        DecodingOptions(**wrong)


@pytest.mark.parametrize(
    ("phrases", "options", "said"),
    [
        (
            Phrases(required=((4,),)),
            {"beam": 2, "groups": 2},
            "cannot be combined with sample or groups",
        ),
        (Phrases(prefix=(4,) * 9), {"max_length": 9}, "leaves no room"),
        (Phrases(prefix=(4, 5), banned=((5,),)), {}, r"prefix \[4, 5\] contains the banned phrase \[5\]"),
    ],
)
def test_wrong_phrases_are_refused(phrases, options, said):
    with pytest.raises(UserError, match=said):
        decode(Markov(0), [source(1, 5)], DecodingOptions(**options), phrases)


def test_a_search_needs_phrases_as_token_ids():
    with pytest.raises(ValueError, match=r"need their token ids: Phrases\.of"):
        decode(Markov(0), [source(1, 5)], DecodingOptions(banned=("a",)))


def test_all_wrong_types_are_reported_at_once():
    with pytest.raises(UserError) as said:
        DecodingOptions(beam="5", sample=1, seed=True, banned="a", prefix=None, min_ratio="1", max_ratio=None)
    assert str(said.value).split("; ") == [
        "beam must be an integer, got '5'",
        "min_ratio must be a number, got '1'",
        "sample must be true or false, got 1",
        "seed must be an integer, got True",
        "prefix must be a string, got None",
        "banned must be a list of strings, got 'a'",
    ]


@pytest.mark.parametrize("beam", [1, 3])
def test_sources_decoded_together_get_the_same_targets_as_alone(beam):
    model, sources = Markov(1), [source(kind) for kind in range(8)]
    options = DecodingOptions(beam=beam, max_length=12)
    alone = [decode(model, [one], options)[0][0] for one in sources]
    together = [best for best, *_ in decode(model, sources, options)]
    assert [hypothesis.ids for hypothesis in together] == [hypothesis.ids for hypothesis in alone]


def test_greedy_search_takes_the_most_likely_token():
    model = Markov(2)
    best = decode(model, [source(5)], DecodingOptions(max_length=6))[0][0]
    last = 2
    for token in best.ids:
        assert token == log_softmax(model.tables[5, last][None])[0].argmax()
        last = token
    assert best.log_probability == pytest.approx(sum(best.token_log_probs))
    assert best.attention is None or best.attention.shape == (len(best.ids), 3)


def test_a_larger_beam_never_returns_a_worse_target():
    for seed in range(10):
        model = Markov(seed)
        scores = [
            decode(model, [source(1)], DecodingOptions(beam=beam, max_length=LONGEST))[0][0].score for beam in (1, 64)
        ]
        assert scores[1] >= scores[0] - 1e-6


def test_n_best_targets_are_different_and_sorted():
    found = decode(Markov(3), [source(1)], DecodingOptions(beam=5, n_best=4, max_length=LONGEST))[0]
    assert len({hypothesis.ids for hypothesis in found}) == len(found) == 4
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_a_target_cut_at_the_maximum_length_is_not_finished():
    model = Markov(0)
    model.tables[..., EOS] = -1e9
    best = decode(model, [source(1)], DecodingOptions(max_length=3))[0][0]
    assert len(best.ids) == 3
    assert not best.finished


def test_all_mistakes_in_options_are_reported_at_once():
    with pytest.raises(UserError, match=r"beam must be .*; max_length must be .*; n_best must be .*, got 9"):
        DecodingOptions(beam=0, n_best=9, max_length=0)
