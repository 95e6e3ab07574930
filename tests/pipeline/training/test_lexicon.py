import numpy as np

from seq2edge.device.search.options import EOS
from seq2edge.pipeline.data.columns import PairIds, PairWriter
from seq2edge.pipeline.training.lexicon import learn_shortlist


def prepared(folder, pairs):
    with PairWriter(folder / "train", 100) as writer:
        for source, target in pairs:
            writer.write([[*source, EOS]], [*target, EOS])
    return PairIds.open(folder / "train")


def likely(shortlist, piece):
    return shortlist.ids[shortlist.starts[piece] : shortlist.starts[piece + 1]].tolist()


def test_each_piece_finds_its_translation_however_the_words_are_ordered(tmp_path):
    random = np.random.default_rng(0)
    pairs = []
    for _ in range(300):
        source = random.choice(np.arange(4, 12), 3, replace=False)
        pairs.append((source, random.permutation(source + 20)))  # piece 4 is 24 there, and so on
    shortlist = learn_shortlist(prepared(tmp_path, pairs), 12, 40, pieces=2)
    assert [likely(shortlist, piece)[0] for piece in range(4, 12)] == list(range(24, 32))
    assert all(len(likely(shortlist, piece)) <= 2 for piece in range(4, 12))


def test_eos_has_the_most_frequent_pieces_and_itself(tmp_path):
    shortlist = learn_shortlist(prepared(tmp_path, [([4], [9, 9, 9]), ([5], [8, 8])]), 6, 12, pieces=3)
    assert likely(shortlist, EOS)[:3] == [9, EOS, 8]
    assert len(likely(shortlist, EOS)) == 12 - EOS  # all of a small vocabulary, in that order


def test_a_piece_that_was_never_seen_has_nothing_of_its_own(tmp_path):
    shortlist = learn_shortlist(prepared(tmp_path, [([4], [9])]), 8, 12, pieces=3)
    assert likely(shortlist, 7) == []
