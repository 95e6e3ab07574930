import numpy as np

from seq2edge.device.special_ids import EOS
from seq2edge.pipeline.data.columns import ColumnType, Table, write_table
from seq2edge.pipeline.training.lexicon import learn_shortlist


def prepared(folder, pairs):
    types = {name: ColumnType.of_ids(100) for name in ("source_ids", "target_ids")}
    with write_table(folder / "train", types) as columns:
        for source, target in pairs:
            columns["source_ids"].append([*source, EOS])
            columns["target_ids"].append([*target, EOS])
    return Table.open(folder / "train")


def likely(shortlist, token):
    return shortlist.ids[shortlist.starts[token] : shortlist.starts[token + 1]].tolist()


def test_translations_of_tokens_are_found_in_any_word_order(tmp_path):
    random = np.random.default_rng(0)
    pairs = []
    for _ in range(300):
        source = random.choice(np.arange(4, 12), 3, replace=False)
        pairs.append((source, random.permutation(source + 20)))  # token 4 is 24 there, and so on
    shortlist = learn_shortlist(prepared(tmp_path, pairs), 12, 40, tokens=2)
    assert [likely(shortlist, token)[0] for token in range(4, 12)] == list(range(24, 32))
    assert all(len(likely(shortlist, token)) <= 2 for token in range(4, 12))


def test_eos_lists_the_most_frequent_tokens_and_itself(tmp_path):
    shortlist = learn_shortlist(prepared(tmp_path, [([4], [9, 9, 9]), ([5], [8, 8])]), 6, 12, tokens=3)
    assert likely(shortlist, EOS)[:3] == [9, EOS, 8]
    assert len(likely(shortlist, EOS)) == 12 - EOS  # all of a small vocabulary, in that order


def test_a_token_without_training_pairs_has_an_empty_list(tmp_path):
    shortlist = learn_shortlist(prepared(tmp_path, [([4], [9])]), 8, 12, tokens=3)
    assert likely(shortlist, 7) == []


def test_the_copy_of_a_source_token_is_listed_once(tmp_path):
    table = prepared(tmp_path, [([4], [9]), ([4], [9])])
    shortlist = learn_shortlist(table, 8, 12, tokens=3, copies=[0, 0, 0, 0, 9, 0, 0, 11])
    assert [likely(shortlist, token) for token in (4, 5, 7)] == [likely(learn_shortlist(table, 8, 12, 3), 4), [], [11]]
    assert 9 in likely(shortlist, 4)
