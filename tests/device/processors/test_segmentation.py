import pytest

from seq2edge.device.processors.segmentation import segments, sentences, whole


def words(text):
    return len(text.split())


def test_a_short_text_is_not_split():
    assert [s.source for s in segments("One. Two. Three.", words, 10)] == ["One. Two. Three."]


def test_a_long_line_is_divided_at_sentence_ends():
    found = segments("One two three. Four five six. Seven eight.", words, 5)
    assert [s.source for s in found] == ["One two three.", "Four five six. Seven eight."]
    assert not any(s.cut for s in found)


def test_lines_are_separate_segments_and_empty_lines_count():
    assert [(s.source, s.line) for s in segments("a\n\nb", words, 5)] == [("a", 0), ("b", 2)]


def test_only_a_line_feed_ends_a_line():
    assert [s.line for s in segments("a\u2028b\x85c\fd\re\nf", words, 9)] == [0, 1]


def test_an_overlong_sentence_is_cut_at_a_space_with_a_note():
    found = segments("a b c d e f g", words, 3)
    assert [s.source for s in found] == ["a b c", "d e f", "g"]
    assert [s.cut for s in found] == [True, True, False]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Pi is 3.14 today. Yes.", ["Pi is 3.14 today.", "Yes."]),
        ("Mr. Kim came. He sat.", ["Mr. Kim came.", "He sat."]),
        ("I like tea, milk, etc. Prof. Kim does too.", ["I like tea, milk, etc. Prof. Kim does too."]),
        ("We met at the disco. Fig. 2 shows it.", ["We met at the disco.", "Fig. 2 shows it."]),
        ("밥 먹었어요? 네. 맛있었어요!", ["밥 먹었어요?", "네.", "맛있었어요!"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("no end", ["no end"]),
    ],
)
def test_text_is_divided_into_sentences(line, expected):
    assert sentences(line) == expected


def test_no_text_is_lost():
    text = "x" * 1000 + " " + "word " * 50
    joined = "".join(s.source for s in segments(text, len, 64)).replace(" ", "")
    assert joined == text.replace(" ", "")


def test_a_text_that_is_not_split_keeps_its_white_space():
    (found,) = whole("  One.\n\n\tTwo three. \n", words, 5)
    assert (found.source, found.cut, found.truncated) == ("  One.\n\n\tTwo three. \n", False, False)


def test_a_text_that_is_not_split_is_truncated():
    (found,) = whole("a\n b\n  c\n d", words, 3)
    assert (found.source, found.truncated) == ("a\n b\n  c\n ", True)
