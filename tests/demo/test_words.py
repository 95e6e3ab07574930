import re
import string

import pytest

from seq2edge.demo.settings import SHOWN
from seq2edge.demo.words import FOLDER, LANGUAGES, both, either, language_of, say, table, translations
from seq2edge.device.search.options import OPTIONS
from seq2edge.device.tasks import TASKS


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same_things(language):
    english, other = table("en"), table(language)
    assert other.keys() == english.keys()
    assert {key: fields(text) for key, text in other.items()} == {key: fields(text) for key, text in english.items()}
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(LANGUAGES)


def test_every_task_and_option_has_words():
    words = table("en")
    assert all(f"tab_{name}" in words for name in TASKS)
    assert all({f"option_{name}", f"option_{name}_help"} <= words.keys() for name in SHOWN)
    assert set(SHOWN) <= OPTIONS.keys()
    texts = [task for task in TASKS.values() if task.target == "text" and not task.is_conversation]
    assert all({f"source_{task.name}", f"target_{task.name}", f"hint_{task.name}"} <= words.keys() for task in texts)


def test_a_text_in_all_languages_is_escaped():
    page = both("mistake_refused", message="<b>")
    assert page.count("&lt;b&gt;") == len(LANGUAGES)
    assert 'lang="ko"' in page
    assert "<b>" not in page
    assert either("language_<x>") == "&lt;x&gt;"
    assert say("sure", "ko", percent=3) == "확신 3%"


def test_labels_of_components_have_keys_that_are_no_words_of_gradio():
    assert all(re.fullmatch("s2e_[a-z0-9_]+", key) for some in translations().values() for key in some)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("de,en;q=0.5,ko;q=0.7", "ko"), ("fr", "en"), ("", "en"), ("ko;q=x", "ko")],
)
def test_a_request_is_answered_in_its_language(accepted, language):
    assert language_of(accepted) == language
