"""Joins a message and the previous reply into one source: "another one ␞ Why was the decoder calm? …"."""

PREVIOUS = "␞"  # separates a message from the previous reply


def with_previous(message: str, previous: str) -> str:
    """The source of a message. `previous` is the reply that the message may refer to; empty: none."""
    message = message.replace(PREVIOUS, " ")
    return f"{message} {PREVIOUS} {previous}" if previous else message


def message_of(source: str) -> str:
    """The message of a source."""
    return source.partition(PREVIOUS)[0].rstrip()
