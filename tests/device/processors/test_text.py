import unicodedata

import numpy as np
import pytest

from seq2edge.device.processors.text import TextProcessor, normalise
from seq2edge.device.special_ids import EOS
from seq2edge.device.tokenizer_files import load_tokenizer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a \t b\n c ", "a b c"),
        (unicodedata.normalize("NFD", "안녕"), "안녕"),
        ("a\x00b\x1bc", "a b c"),
        ("a\u200bb\ufeff", "ab"),
        ("ａ", "ａ"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text, "NFC") == expected


def test_nfkc_makes_full_width_signs_ordinary():
    assert normalise("ＡＢＣ！", "NFKC") == "ABC!"


@pytest.fixture(scope="module")
def processor(trained_run):
    return trained_run.data.processor(trained_run.recipe)


def test_a_text_becomes_ids_that_end_in_eos(processor):
    ids = processor("  the red\u200b stone ")["source_ids"]
    assert ids.dtype == np.int32
    assert ids[-1] == EOS
    assert ids.tolist() == processor("the red stone")["source_ids"].tolist()


def test_ids_are_cut_before_eos(processor):
    whole, cut = processor("the red stone")["source_ids"], processor("the red stone", 3)["source_ids"]
    assert cut.tolist() == [*whole[:2], EOS]


def test_labels_are_the_tokens(processor):
    *words, end = processor.labels(processor("the red stone"))
    assert "".join(words).replace("▁", " ").strip() == "the red stone"
    assert end == "</s>"


def test_a_turn_of_a_conversation_is_one_segment_whatever_its_lines(processor):
    chat = TextProcessor(processor.tokenizer, "NFC", 24, is_conversation=True)
    assert [segment.source for segment in chat.split("red\n\nstone")] == ["red stone"]
    assert [segment.source for segment in processor.split("red\n\nstone")] == ["red", "stone"]


def test_source_and_target_share_a_joint_tokenizer(trained_run):
    source, target = map(load_tokenizer, trained_run.data.tokenizers)
    assert source is target
