"""Remembers a request to end the program.

Python drops an exception that a signal handler raises in a destructor or in a callback of the garbage collector. So
long loops also call `raise_if_requested`.
"""

_requests: list[BaseException] = []


def request(stop: BaseException) -> None:
    """Remember the exception that ends the program."""
    _requests.append(stop)


def withdraw() -> None:
    """Forget all requests."""
    _requests.clear()


def raise_if_requested() -> None:
    """Raise the exception of the last request, if there is one."""
    if _requests:
        raise _requests[-1]
