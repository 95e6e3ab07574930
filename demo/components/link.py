"""A link that reproduces a view. The view is encoded after "#", a part that browsers do not send to the server."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.search.options import DecodingOptions

KEY = "look"
MOST_CHARACTERS = 16_000  # largest length of a fragment
FRAGMENT = re.compile(rf"#?{KEY}=([A-Za-z0-9_-]+)")


@dataclass(frozen=True)
class View:
    """The view that a link reproduces.

    Attributes:
        bundle: Name of the loaded model.
        options: Fields of `DecodingOptions`, without the prefix.
        prefix: Text that the answer must start with.
        previous: The reply that the text may refer to.
    """

    bundle: str
    text: str
    options: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    previous: str = ""


def encode(view: View) -> str:
    """Encode a view as the fragment of a link, "#look=…".

    Raises:
        UserError: If the view is too large for a link.
    """
    values = [view.bundle, view.text, view.options, view.prefix, view.previous]
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    fragment = f"#{KEY}={base64.urlsafe_b64encode(content).decode().rstrip('=')}"
    if len(fragment) > MOST_CHARACTERS:
        raise UserError("the text is too long for a link")
    return fragment


def decode(fragment: str) -> View:
    """Decode the view of a fragment. Fragments are not trusted, so everything is checked.

    Raises:
        UserError: If the fragment is not a valid one.
    """
    found = FRAGMENT.fullmatch(fragment) if len(fragment) <= MOST_CHARACTERS else None
    if found is None:
        raise UserError("not a link to a view")
    try:
        content = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_", validate=True)
        values = json.loads(content.decode(), parse_constant=_refused)
        json.dumps(values, ensure_ascii=False).encode()  # fails for lone surrogates, which JSON can contain
        bundle, text, options, prefix, previous = values
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise UserError("not a link to a view") from None
    if not all(isinstance(one, str) for one in (bundle, text, prefix, previous)):
        raise UserError("not a link to a view")
    if not isinstance(options, dict) or "prefix" in options:
        raise UserError("not a link to a view")
    if unknown := options.keys() - DecodingOptions.__dataclass_fields__.keys():
        raise UserError(f"not a link to a view: it has {len(unknown)} unknown options")
    DecodingOptions(**options)
    return View(bundle, text, options, prefix, previous)


def _refused(constant: str) -> Any:
    raise ValueError(constant)
