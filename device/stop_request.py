"""A request to end the program, kept until it ends.

A signal's exception may be raised where Python drops it: in a destructor, or in a callback of the garbage collector.
Long loops therefore ask here, too.
"""

_requests: list[BaseException] = []


def request(stop: BaseException) -> None:
    """Keep what ends the program."""
    _requests.append(stop)


def withdraw() -> None:
    """Forget all requests."""
    _requests.clear()


def raise_if_requested() -> None:
    """Raise the last request, if there is one."""
    if _requests:
        raise _requests[-1]
