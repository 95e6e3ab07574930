import numpy as np
import pytest

from seq2edge.device.decoding import StepOutput, decode, log_softmax
from seq2edge.device.errors import UserError
from seq2edge.device.options import EOS, DecodingOptions

VOCABULARY, MAX_LENGTH = 7, 4


class Markov:
    """A model whose next token depends on the last one and on the source: every target's score can be counted."""

    changing = (True, False)

    def __init__(self, seed):
        self.tables = np.random.default_rng(seed).normal(size=(10, VOCABULARY, VOCABULARY)).astype("float32") * 2

    def encode(self, source_ids):
        kinds = np.array([ids[0] for ids in source_ids])
        return kinds, [np.zeros((len(kinds), 1)), kinds[:, None].astype("float32")]

    def step(self, token_ids, memory, sentence, states):
        assert (states[1][:, 0] == memory[sentence]).all()  # states follow their rows
        logits = self.tables[memory[sentence], token_ids]
        return StepOutput(logits, [states[0] + 1, states[1]], np.ones((len(token_ids), 3)) / 3)


@pytest.mark.parametrize("beam", [1, 3])
def test_together_they_get_what_they_get_alone(beam):
    model, sources = Markov(1), [np.array([kind, EOS]) for kind in range(8)]
    options = DecodingOptions(beam=beam, max_length=12)
    alone = [decode(model, [source], options)[0][0] for source in sources]
    together = [best for best, *_ in decode(model, sources, options)]
    assert [hypothesis.ids for hypothesis in together] == [hypothesis.ids for hypothesis in alone]


def test_greedy_takes_the_likeliest_token_each_time():
    model = Markov(2)
    best = decode(model, [np.array([5, EOS])], DecodingOptions(max_length=6))[0][0]
    last = 2
    for token in best.ids:
        assert token == log_softmax(model.tables[5, last][None])[0].argmax()
        last = token
    assert best.log_probability == pytest.approx(sum(best.word_log_probs))
    assert best.attention is None or best.attention.shape == (len(best.ids), 3)


def test_a_wider_beam_never_returns_a_worse_best():
    for seed in range(10):
        model = Markov(seed)
        scores = [
            decode(model, [np.array([1, EOS])], DecodingOptions(beam=beam, max_length=MAX_LENGTH))[0][0].score
            for beam in (1, 64)
        ]
        assert scores[1] >= scores[0] - 1e-6


def test_n_best_are_different_and_sorted():
    found = decode(Markov(3), [np.array([1, EOS])], DecodingOptions(beam=5, n_best=4, max_length=MAX_LENGTH))[0]
    assert len({hypothesis.ids for hypothesis in found}) == len(found) == 4
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_what_is_cut_at_the_longest_length_says_so():
    model = Markov(0)
    model.tables[..., EOS] = -1e9
    best = decode(model, [np.array([1, EOS])], DecodingOptions(max_length=3))[0][0]
    assert len(best.ids) == 3
    assert not best.finished


def test_all_mistakes_in_options_are_said_at_once():
    with pytest.raises(UserError, match=r"beam is 0.*n_best is 9.*max_length is 0"):
        DecodingOptions(beam=0, n_best=9, max_length=0)
