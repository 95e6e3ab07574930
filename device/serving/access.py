"""Who may ask: keys, and the pages of browsers."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from seq2edge.device.errors import UserError

ORIGIN = re.compile(r"https?://[^/\s*?#@]+")
OPEN = {"/health"}  # answered without a key, for those who only watch whether the server lives
# What a page may send to another origin without asking first; a POST without a type counts as well.
WITHOUT_ASKING = {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}
Headers = dict[str, str]


def read_keys(path: Path) -> tuple[str, ...]:
    """The keys of a file, one a line.

    Raises:
        UserError: If there is none, or one cannot be sent in a header. The message does not show it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--api-key-file {path}: {getattr(error, 'strerror', None) or 'not a text file'}") from None
    keys = tuple(line.strip() for line in lines if line.strip())
    if not keys:
        raise UserError(f"--api-key-file {path}: no key in it; write one a line")
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"[\x21-\x7e]*", line.strip()):
            raise UserError(f"--api-key-file {path}: line {number} has other signs than ASCII without spaces")
    return keys


@dataclass(frozen=True)
class Access:
    """Decides by the headers of a request, whose names are in lower case.

    Attributes:
        keys: Any of which a request must have; empty: none is needed.
        origins: Of pages elsewhere that may ask, such as "https://example.org"; "*": all.
    """

    keys: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @classmethod
    def of(cls, api_key_file: Path | None, origins: Sequence[str]) -> "Access":
        """By the arguments of `seq2edge serve`.

        Raises:
            UserError: If there is no key in the file, or an origin is none.
        """
        for origin in origins:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise UserError(f"--cors is {origin}, allowed are * and origins such as https://example.org")
        return cls(read_keys(api_key_file) if api_key_file else (), tuple(origin.lower() for origin in origins))

    def has_key(self, path: str, headers: Headers) -> bool:
        """Whether a request has a key or needs none. All keys are compared, each in constant time."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        found = [hmac.compare_digest(given.encode(), key.encode()) for key in self.keys]
        return any(found) or not self.keys or path in OPEN

    def allows_page(self, headers: Headers) -> bool:
        """Whether a request comes from no page, from one of this server, or from one that may ask."""
        origin = headers.get("origin")
        return origin is None or self.is_named(origin) or urlsplit(origin).netloc == headers.get("host", "")

    def is_named(self, origin: str) -> bool:
        return "*" in self.origins or origin.lower() in self.origins

    def for_page(self, headers: Headers) -> Headers:
        """Headers of the answer that let a page elsewhere read it."""
        if not self.origins:
            return {}
        origin = headers.get("origin", "")
        if not self.is_named(origin):
            return {"Vary": "Origin"}
        return {"Access-Control-Allow-Origin": "*" if "*" in self.origins else origin, "Vary": "Origin"}


def is_sent_without_asking(headers: Headers) -> bool:
    """Whether a browser would send a POST to another origin without asking that first."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() in WITHOUT_ASKING


ASKED_FIRST = {  # the answer to what a browser asks before a POST of JSON
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, x-api-key",
    "Access-Control-Max-Age": "600",
}
