"""Escapes and formats text for HTML."""

import html
import unicodedata

from seq2edge.device.words import BYTE, END

TEMPLATE_SIGNS = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def escape(text: str) -> str:
    """Escape a text for content and attributes, and for the templates of `gr.HTML`."""
    return html.escape(text).translate(TEMPLATE_SIGNS)


def percent(share: float) -> str:
    """Format a share from 0 to 1 as a percentage: "83%", "<1%"."""
    rounded = round(100 * share)
    return "<1%" if share > 0 and rounded == 0 else f"{rounded}%"


def token_label(token: str, end: str) -> str:
    """Return the label of a token.

    Args:
        token: The token.
        end: Label of eos.
    """
    if token == END:
        return end
    if byte := BYTE.fullmatch(token):
        return f"0x{byte[1]}"
    return token.replace("▁", "·") if token.strip("▁") == "" else token.lstrip("▁").replace("▁", " ")


def columns_of(text: str) -> int:
    """Return the number of columns of a text. A Hangul syllable has two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def shortened(text: str, columns: int) -> str:
    """Truncate a text to this many columns, with "…" if it is longer."""
    if columns_of(text) <= columns:
        return text
    while columns_of(text) >= columns and len(text) > 1:
        text = text[:-1]
    return text.rstrip() + "…"
