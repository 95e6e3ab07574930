"""Inspections of answers of the shipped chatbot."""

import json

import numpy as np
import pytest

from seq2edge.device.conversation import Conversation
from seq2edge.device.errors import TextError, UserError
from seq2edge.device.runners.load import load_runner
from seq2edge.device.turns import with_previous


@pytest.fixture(scope="module")
def chat(shipped):
    return load_runner(shipped.path)


@pytest.mark.parametrize("options", [{}, {"beam": 5}, {"beam": 5, "prefix": "Good"}, {"sample": True}], ids=str)
@pytest.mark.parametrize("text", ["good morning", "안녕하세요"])
def test_the_answer_equals_that_of_run(chat, text, options):
    result, inspection = chat.run(text, **options), chat.inspect(text, **options)
    assert (inspection.result.text, inspection.source) == (result.text, text)
    (part,) = inspection.parts
    assert part.texts[part.trace.best] == inspection.model_text
    assert part.target_tokens == result.parts[0].target_tokens


def test_words_have_attention_and_confidence(chat):
    (part,) = chat.inspect("good morning", beam=5).parts
    assert [word.text for word in part.source_words] == ["good", "morning", "</s>"]
    assert part.word_attention.shape == (len(part.target_words), len(part.source_words))
    assert part.word_attention.sum(axis=1) == pytest.approx(np.ones(len(part.target_words)), abs=0.01)
    assert len(part.confidences) == len(part.target_tokens)
    assert all(0 < value <= 1 for value in part.word_confidences)


def test_the_text_of_a_hypothesis_can_be_forced(chat):
    (part,) = chat.inspect("good morning", beam=5).parts
    other = next(node for node in part.trace.steps[0].live if part.texts[node.id] != "Good morning")
    forced = chat.inspect("good morning", beam=5, prefix=part.texts[other.id])
    assert forced.model_text.startswith(part.texts[other.id])


def test_each_next_token_has_the_text_that_forces_it(chat):
    (part,) = chat.inspect("good morning", prefix="Good morning").parts
    assert len(part.choices[0]) == len(part.trace.next_tokens[0].token_ids)
    for other in part.choices[0][:3]:
        assert chat.inspect("good morning", prefix=other).model_text.startswith(other)


def test_an_ordinary_message_is_decided_by_the_model(chat):
    assert chat.inspect("tell me a joke").decided_by == "model"


def test_the_guard_shows_nothing_of_the_model(chat):
    inspection = chat.inspect("I want to die")
    assert inspection.decided_by == "guard"
    assert (inspection.model_text, inspection.parts) == (None, ())
    assert inspection.result.text


def test_a_fallback_shows_what_the_model_would_have_written(chat):
    inspection = chat.inspect("asdfgh qwerty")
    assert inspection.decided_by == "fallback"
    assert inspection.model_text not in ("", inspection.result.text)
    assert inspection.parts


def test_a_follow_up_shows_what_the_model_would_have_written(chat):
    previous = "I am only as old as my last training."
    inspection = chat.inspect(with_previous("why?", previous))
    assert inspection.decided_by == "follow-up"
    assert inspection.source == "why?"
    assert inspection.model_text not in ("", inspection.result.text)


def test_each_question_of_a_message_is_a_part(chat):
    inspection = chat.inspect("what is your name and how old are you")
    assert len(inspection.parts) == 2
    assert inspection.model_text == inspection.result.text


def test_a_conversation_remembers_what_was_inspected(chat):
    conversation = Conversation(chat)
    assert conversation.inspect("tell me a joke").result.previous == conversation.previous != ""


def test_an_inspection_can_be_written_as_json(chat):
    values = json.loads(json.dumps(chat.inspect("good morning", beam=5).as_json(), allow_nan=False))
    (part,) = values["parts"]
    assert values["decided_by"] == "model"
    assert part["texts"][str(part["trace"]["best"])] == values["model_text"]


def test_an_empty_text_is_refused(chat):
    with pytest.raises(TextError, match="the input is empty"):
        chat.inspect(" ")


def test_a_wrong_option_is_refused(chat):
    with pytest.raises(UserError, match="spam: not an option"):
        chat.inspect("a", spam=1)
