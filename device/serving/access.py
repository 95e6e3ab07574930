"""Access control: API keys, and web pages of other origins (CORS)."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seq2edge.device.errors import UserError

ORIGIN = re.compile(r"https?://[^/\s*?#@]+")
# Origins that are an IP address or localhost. Any other name can be pointed to this machine by its owner after the page
# was loaded (DNS rebinding).
ADDRESS = re.compile(r"https?://((?:localhost|[\d.]+|\[[\da-f:.]+\])(?::\d+)?)", re.IGNORECASE)
OPEN = {"/health"}  # needs no key, for monitoring
Headers = dict[str, str]


def read_keys(path: Path) -> tuple[str, ...]:
    """Read API keys from a file, one per line.

    Raises:
        UserError: If there is no key, or a key cannot be sent in a header. The message does not show the key.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--api-key-file {path}: {getattr(error, 'strerror', None) or 'not a text file'}") from None
    keys = tuple(line.strip() for line in lines if line.strip())
    if not keys:
        raise UserError(f"--api-key-file {path}: contains no key; write one key per line")
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"[\x21-\x7e]*", line.strip()):
            raise UserError(f"--api-key-file {path}: line {number} is not a key; keys are ASCII without spaces")
    return keys


@dataclass(frozen=True)
class Access:
    """Decides whether a request is allowed by its headers. Names of headers are in lower case.

    Attributes:
        keys: Valid API keys; empty: no key is needed.
        origins: Other origins whose pages may send requests, such as "https://example.org"; "*": all origins.
    """

    keys: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @classmethod
    def of(cls, api_key_file: Path | None, origins: Sequence[str]) -> "Access":
        """Build from the arguments of `seq2edge serve`.

        Raises:
            UserError: If the key file is not valid, or a value of `origins` is not an origin.
        """
        for origin in origins:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise UserError(f"--cors must be * or an origin such as https://example.org, got {origin}")
        return cls(read_keys(api_key_file) if api_key_file else (), tuple(origin.lower() for origin in origins))

    def has_key(self, path: str, headers: Headers) -> bool:
        """Whether a request has a valid key or needs none. All keys are compared, each in constant time."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        found = [hmac.compare_digest(given.encode(), key.encode()) for key in self.keys]
        return any(found) or not self.keys or path in OPEN

    def allows_page(self, headers: Headers) -> bool:
        """Whether a request comes from no page, a page at the address it is sent to, or one of an allowed origin."""
        origin = headers.get("origin")
        if origin is None or self.is_named(origin):
            return True
        address = ADDRESS.fullmatch(origin)
        return address is not None and address[1] == headers.get("host")

    def is_named(self, origin: str) -> bool:
        """Whether an origin is allowed."""
        return "*" in self.origins or origin.lower() in self.origins

    def for_page(self, headers: Headers) -> Headers:
        """Headers of the response that let a page of another origin read it."""
        if not self.origins:
            return {}
        origin = headers.get("origin", "")
        if not self.is_named(origin):
            return {"Vary": "Origin"}
        return {"Access-Control-Allow-Origin": "*" if "*" in self.origins else origin, "Vary": "Origin"}


PREFLIGHT = {  # headers of the response to a preflight
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, x-api-key",
    "Access-Control-Max-Age": "600",
}
