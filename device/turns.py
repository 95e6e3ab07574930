"""A message of a conversation with the reply before it, as one source: "another one ␞ Why was the decoder calm? …"."""

PREVIOUS = "␞"  # stands between a message and the reply before it


def with_previous(message: str, previous: str) -> str:
    """The source of a message; `previous` is the reply that it may refer to, or empty."""
    message = message.replace(PREVIOUS, " ")
    return f"{message} {PREVIOUS} {previous}" if previous else message


def message_of(source: str) -> str:
    """The message of a source."""
    return source.partition(PREVIOUS)[0].rstrip()
