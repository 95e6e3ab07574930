import unicodedata

import numpy as np
import pytest

from seq2edge.device.processors.text import TextProcessor, is_blank, normalise
from seq2edge.device.special_ids import EOS
from seq2edge.device.tasks import TASKS
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
def test_texts_are_normalised(text, expected):
    assert normalise(text, "NFC") == expected


def test_nfkc_replaces_full_width_characters():
    assert normalise("ＡＢＣ！", "NFKC") == "ABC!"


@pytest.fixture(scope="module")
def processor(trained_run):
    return trained_run.data.processor(trained_run.recipe)


def test_ids_of_a_text_end_with_eos(processor):
    ids = processor("  the red\u200b stone ")["source_ids"]
    assert ids.dtype == np.int32
    assert ids[-1] == EOS
    assert ids.tolist() == processor("the red stone")["source_ids"].tolist()


def test_ids_are_cut_before_eos(processor):
    whole, cut = processor("the red stone")["source_ids"], processor("the red stone", 3)["source_ids"]
    assert cut.tolist() == [*whole[:2], EOS]


def test_labels_are_tokens(processor):
    *words, end = processor.labels(processor("the red stone"))
    assert "".join(words).replace("▁", " ").strip() == "the red stone"
    assert end == "</s>"


def test_a_turn_of_a_conversation_is_one_segment_despite_line_ends(processor):
    chat = TextProcessor(processor.tokenizer, "NFC", 24, TASKS["chat"])
    assert [segment.source for segment in chat.split("red\n\nstone")] == ["red stone"]
    assert [segment.source for segment in processor.split("red\n\nstone")] == ["red", "stone"]


def test_a_turn_that_is_too_long_is_truncated(processor):
    (segment,) = TextProcessor(processor.tokenizer, "NFC", 24, TASKS["chat"]).split("the red stone. " * 50)
    assert segment.truncated
    assert segment.source.startswith("the red stone.")


def test_source_and_target_share_a_joint_tokenizer(trained_run):
    source, target = map(load_tokenizer, trained_run.data.tokenizers)
    assert source is target


@pytest.mark.parametrize(
    "text", ["  a \t b\r\n c ", unicodedata.normalize("NFD", "안녕"), "a\x00\u200b\ufeff", "ａ", ""]
)
def test_normalisation_none_does_not_change_a_text(text):
    assert normalise(text, "none") == text


def test_lone_surrogates_are_replaced_with_any_normalisation():
    assert [normalise("a\ud800", form) for form in ("NFC", "none")] == ["a\ufffd"] * 2


@pytest.mark.parametrize(("text", "expected"), [("", True), (" \t\n\u200b\x00\u2028\u3000", True), ("\n.", False)])
def test_a_text_without_visible_characters_is_blank(text, expected):
    assert is_blank(text) == expected
    assert (normalise(text, "NFC") == "") == expected
