from seq2edge.device.turns import message_of, with_previous


def test_a_source_combines_the_message_and_the_previous_reply():
    source = with_previous("why?", "I never sleep.")
    assert source == "why? ␞ I never sleep."
    assert message_of(source) == "why?"


def test_a_source_without_a_previous_reply_is_the_message():
    assert with_previous("why?", "") == message_of("why?") == "why?"


def test_a_message_cannot_contain_a_previous_reply():
    assert message_of(with_previous("a ␞ b", "c")) == "a   b"
