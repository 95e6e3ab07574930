import csv
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from seq2edge.device.special_ids import UNKNOWN
from seq2edge.pipeline.data.corpus import (
    ASKING,
    FOLLOW_UPS,
    LANGUAGES,
    corpus_pairs,
    intents,
    turn_pairs,
    unknown_pairs,
)
from seq2edge.pipeline.data.splitting import place_of, split_at, split_key
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe
from tests.pipeline.data.near_texts import is_near, near_pairs

TEXTS = Path(__file__).parent / "chat_texts"
LONG = 8  # letters; shorter texts are near each other by chance
PHRASINGS = {intent.name: [p for lang in LANGUAGES for p in intent.phrasings[lang]] for intent in intents()}


def rows(name):
    with (TEXTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_intent_has_enough_phrasings():
    assert len(intents()) >= 115
    for intent in intents():
        for language in LANGUAGES:
            assert len(intent.phrasings[language]) >= 120, (intent.name, language)


def test_no_phrasing_occurs_twice_after_normalisation():
    phrasings = [*(pair.source for pair in corpus_pairs()), *(pair.source for pair in unknown_pairs())]
    twice = [key for key, count in Counter(map(split_key, phrasings)).items() if count > 1]
    assert twice == []


def test_similar_phrasings_of_different_intents_have_been_reviewed():
    intent_of = {split_key(phrasing): (name, phrasing) for name, some in PHRASINGS.items() for phrasing in some}
    decided = {frozenset((row["one"], row["other"])) for row in rows("near.tsv")}
    found = near_pairs(intent_of, LONG)
    between = [(intent_of[one], intent_of[other]) for one, other in found if intent_of[one][0] != intent_of[other][0]]
    assert [pair for pair in between if frozenset((pair[0][1], pair[1][1])) not in decided] == []


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("abcdefgh", "abcdefgh", True),
        ("abcdefgh", "abXdefgYh", True),
        ("abcdefgh", "cdefgh", True),
        ("abcd", "dcba", False),
    ],
)
def test_near_phrasings_differ_in_up_to_two_letters(one, other, near):
    assert is_near(one, other) == near
    assert bool(near_pairs([one, other], 4)) == (near and one != other)


def test_most_test_phrasings_differ_from_the_training_phrasings(capsys):
    splits = {"train": [], "test": []}
    for some in PHRASINGS.values():
        for phrasing in some:
            splits.get(split_at(place_of(phrasing), 0.05, 0.08), []).append(phrasing)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), dtype=np.float32)
    train, test = vectorizer.fit_transform(splits["train"]), vectorizer.transform(splits["test"])
    nearest = (test @ train.T).max(axis=1).toarray()
    share = 100 * float((nearest > 0.7).mean())
    with capsys.disabled():
        print(f"\n{share:.1f} % of {len(splits['test'])} held-out phrasings have a neighbour above 0.7 in training")
    assert share <= 30


def test_no_test_message_is_in_the_corpus():
    keys = {split_key(pair.source) for pairs in (corpus_pairs(), unknown_pairs()) for pair in pairs}
    held_out = {
        split_key(pair.source) for pair in corpus_pairs() if split_at(place_of(pair.source), 0.05, 0.08) == "test"
    }
    texts = [row["text"] for name in ("phrasings.tsv", "other.tsv") for row in rows(name)]
    assert [text for text in texts if split_key(text) in keys - held_out] == []


def test_all_replies_differ():
    replies = [text for intent in intents() for text in intent.replies.values()]
    replies += [text for intent in intents() for some in intent.follow_ups.values() for text in some.values()]
    assert len(set(replies)) == len(replies) == len(intents()) * len(LANGUAGES) * (1 + len(FOLLOW_UPS))


def test_follow_ups_are_those_of_the_corpus():
    said = {kind: {pair.source: pair.target for pair in turn_pairs(kind)} for kind in FOLLOW_UPS}
    joke = next(intent for intent in intents() if intent.name == "joke")
    for language in LANGUAGES:
        reply, another = joke.replies[language], joke.follow_ups["another"][language]
        assert (said["another"][reply], said["another"][another]) == (another, reply)
        assert said["why"][reply] == joke.follow_ups["why"][language]


def test_the_recipe_lists_the_replies_to_follow_ups():
    replies = {intent.name: list(intent.replies.values()) for intent in intents()}
    settings = load_recipe(find_recipe("quickstart")).decoding.follow_ups
    found = {one.path and one.path.removeprefix("bundled:"): one.replies for one in settings}
    assert found == {kind: replies[name] for kind, name in ASKING.items()}


def test_there_are_enough_messages_about_other_things():
    found = list(unknown_pairs())
    assert {pair.target for pair in found} == {UNKNOWN}
    assert sum(any("\uac00" <= letter <= "\ud7a3" for letter in pair.source) for pair in found) >= 1500
    assert len(found) >= 3000


def test_the_text_is_nfc_and_has_no_stray_spaces():
    for pairs in (corpus_pairs(), turn_pairs("another"), turn_pairs("why"), turn_pairs("and_you"), unknown_pairs()):
        for pair in pairs:
            for text in (pair.source, pair.target):
                assert unicodedata.is_normalized("NFC", text)
                assert text == " ".join(text.split())
