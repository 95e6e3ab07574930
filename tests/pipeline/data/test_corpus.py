import unicodedata
from collections import Counter

from seq2edge.pipeline.data.corpus import LANGUAGES, corpus_pairs, intents
from seq2edge.pipeline.data.splitting import split_key


def test_corpus_has_eighty_intents_with_enough_phrasings():
    found = intents()
    assert len(found) >= 80
    assert len({intent.name for intent in found}) == len(found)
    for intent in found:
        for language in LANGUAGES:
            assert len(intent.phrasings[language]) >= 25, (intent.name, language)
            assert 1 <= len(intent.replies[language]) <= 3, (intent.name, language)


def test_no_phrasing_occurs_twice_after_normalisation():
    phrasings = [p for intent in intents() for language in LANGUAGES for p in intent.phrasings[language]]
    twice = [key for key, count in Counter(map(split_key, phrasings)).items() if count > 1]
    assert twice == []


def test_no_two_intents_share_a_reply():
    replies = [reply for intent in intents() for language in LANGUAGES for reply in intent.replies[language]]
    assert len(set(replies)) == len(replies)


def test_the_text_is_nfc_and_has_no_stray_spaces():
    for pair in corpus_pairs():
        for text in (pair.source, pair.target):
            assert unicodedata.is_normalized("NFC", text)
            assert text == " ".join(text.split())
