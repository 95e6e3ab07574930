from seq2edge.device.turns import message_of, with_previous


def test_a_source_is_a_message_with_the_reply_before():
    source = with_previous("why?", "I never sleep.")
    assert source == "why? ␞ I never sleep."
    assert message_of(source) == "why?"


def test_without_a_reply_before_it_is_the_message():
    assert with_previous("why?", "") == message_of("why?") == "why?"


def test_a_message_cannot_pretend_to_have_a_reply_before():
    assert message_of(with_previous("a ␞ b", "c")) == "a   b"
