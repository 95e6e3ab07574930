import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2edge.demo.components.link import MOST_CHARACTERS, View, decode, encode
from seq2edge.device.errors import UserError

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@given(bundle=TEXTS, text=TEXTS, prefix=TEXTS, previous=TEXTS, beam=st.integers(1, 5), sample=st.booleans())
def test_a_link_restores_the_view(bundle, text, prefix, previous, beam, sample):
    view = View(bundle, text, {"beam": beam, "sample": sample}, prefix, previous)
    fragment = encode(view)
    assert fragment.startswith("#look=")
    assert decode(fragment) == view


def coded(content):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return "#look=" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "#look=",
        "#look=%3Cscript%3E",
        "#other=" + coded(["a", "b", {}, "", ""])[6:],
        coded(b"\xff\xfe"),
        coded(b"["),
        coded(b"[" * 9_000),
        coded({"bundle": "a"}),
        coded(5),
        coded(["a", "b", {}, ""]),
        coded(["a", 5, {}, "", ""]),
        coded(["a", "b", [], "", ""]),
        coded(["a", "\ud800", {}, "", ""]),
        coded(["a", "b", {"banned": ["\ud800"]}, "", ""]),
        coded(["a", "b", {"prefix": "x"}, "", ""]),
        coded(["a", "b", {"__class__": 1}, "", ""]),
        coded(["a", "b", {"beam": "5"}, "", ""]),
        coded(["a", "b", {"beam": 10**6}, "", ""]),
        coded(b'["a", "b", {"temperature": NaN, "sample": true}, "", ""]'),
        coded(["a", "b" * MOST_CHARACTERS, {}, "", ""]),
    ],
    ids=lambda fragment: fragment[:30],
)
def test_other_links_are_refused(fragment):
    with pytest.raises(UserError):
        decode(fragment)


def test_a_long_text_has_no_link():
    with pytest.raises(UserError, match="too long for a link"):
        encode(View("a", "b" * MOST_CHARACTERS))
