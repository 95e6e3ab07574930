from seq2edge.demo.components.next_tokens import _ending, next_tokens
from seq2edge.demo.words import table

ENGLISH = table("en")


def test_the_text_before_a_step_is_shortened_to_whole_words():
    assert _ending("Good morning") == "Good morning"
    assert _ending("Good morning! I hope your day starts well") == "…I hope your day starts well"
    assert len(_ending("a" * 80)) <= 29


def test_each_step_has_bars_and_the_chosen_token_is_marked(part, parsed):
    page = parsed(next_tokens(part, ENGLISH))
    bars = [values for tag, values in page.tags if tag == "li" and "li-bar" in values["class"]]
    assert [bar["style"] for bar in bars] == ["--w: 0.700", "--w: 0.200", "--w: 0.900", "--w: 0.100"]
    assert ["li-on" in bar["class"] for bar in bars] == [True, False, True, False]
    assert "Step 2" in page.text


def test_a_token_has_the_text_that_forces_it(part, parsed):
    prefixes = parsed(next_tokens(part, ENGLISH)).attributes("button", "data-prefix")
    assert prefixes == [part.texts[number] for number in (1, 2, 3, 5)]
