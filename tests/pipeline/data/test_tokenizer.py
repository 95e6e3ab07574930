import pytest
import sentencepiece

from seq2edge.pipeline.data.tokenizer import VocabularyError, train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

WORDS = [
    "red",
    "blue",
    "small",
    "stone",
    "river",
    "house",
    "garden",
    "작은",
    "마을의",
    "돌",
    "강가에서",
    "집으로",
    "오래된",
    "정원",
]
TEXTS = [f"{a} {b} {c}" for a in WORDS for b in WORDS for c in WORDS[::3]]
SETTINGS = Tokenizer(vocabulary=300)


def test_the_same_text_gives_the_same_model_and_special_ids():
    model = train_tokenizer(TEXTS, SETTINGS, "joint")
    assert train_tokenizer(TEXTS, SETTINGS, "joint") == model
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    assert [processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id()] == [0, 1, 2, 3]
    for text in ("처음 보는 글자 龘 🙂", "</s> <0x41> <pad>"):
        ids = processor.encode(text)
        assert min(ids) > 3
        assert processor.decode(ids) == text


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_too_large_a_vocabulary_names_the_largest_possible(model_type):
    with pytest.raises(
        VocabularyError, match=r"tokenizer\.target_vocabulary: 9000 tokens \(target text\).* possible is"
    ) as error:
        train_tokenizer(TEXTS, Tokenizer(vocabulary=9000, model_type=model_type), "target")
    assert train_tokenizer(TEXTS, Tokenizer(vocabulary=error.value.possible, model_type=model_type), "target")


def test_too_small_a_vocabulary_names_the_smallest_possible():
    syllables = ["".join(chr(0xAC00 + 40 * row + i) for i in range(40)) for row in range(20)] * 3
    with pytest.raises(VocabularyError, match="fewer than the text needs for its characters") as error:
        train_tokenizer(syllables, SETTINGS, "source")
    assert error.value.possible > 800


def test_long_texts_are_used_for_training():
    train_tokenizer([" ".join(TEXTS)] * 3, Tokenizer(vocabulary=297), "source")


def test_only_the_source_model_folds_case():
    settings = Tokenizer(vocabulary=300, joint=False, fold_case=True)
    source, target = (
        sentencepiece.SentencePieceProcessor(model_proto=train_tokenizer(TEXTS, settings, side))
        for side in ("source", "target")
    )
    assert source.encode("Red STONE 작은") == source.encode("red stone 작은")
    assert target.decode(target.encode("Red STONE")) == "Red STONE"


def test_frequent_phrases_become_target_tokens():
    replies = ["good morning to you", "sleep well and dream"] * 20 + TEXTS[:40]
    settings = Tokenizer(vocabulary=340, joint=False, target_phrases=True)
    processor = sentencepiece.SentencePieceProcessor(model_proto=train_tokenizer(replies, settings, "target"))
    assert len(processor.encode("good morning to you")) <= 2
    assert processor.decode(processor.encode("good morning to you")) == "good morning to you"
