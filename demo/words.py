"""The texts of the page in the visitor's language.

Our own HTML contains each text in all languages, and the style sheet shows the one of the page. The browser translates
the labels of Gradio's components. A program gets texts in the language of its request.
"""

import html
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = ("en", "ko")  # the first one is the default
PREFIX = "s2e_"  # without it, a key such as "label" would replace one of Gradio's own texts

GRADIO = "gradio_"  # prefix of keys for Gradio's own texts


@cache
def table(language: str) -> dict[str, str]:
    """Return the texts of a language by key."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def say(key: str, language: str, **values: Any) -> str:
    """Return a text in one language, with `values` for its fields."""
    return table(language)[key].format(**values)


def both(key: str, **values: Any) -> str:
    """Return a text in all languages as HTML, of which the page shows one."""
    return "".join(
        f'<span class="{language}" lang="{language}">{html.escape(say(key, language, **values))}</span>'
        for language in LANGUAGES
    )


def either(key: str) -> str:
    """Return the text of a key, or the name in the key if there is no text, such as for a rare language."""
    return both(key) if key in table(LANGUAGES[0]) else html.escape(key.partition("_")[2].replace("_", " "))


def label(key: str) -> Any:
    """Return a text for a Gradio component, which translates it in the browser."""
    from gradio.i18n import I18nData

    return I18nData(PREFIX + key)


def translations() -> dict[str, dict[str, str]]:
    """Return all texts by language, with the keys that `label` uses."""
    return {
        language: {PREFIX + key: text for key, text in table(language).items() if "{" not in text}
        for language in LANGUAGES
    }


def gradio_texts() -> dict[str, dict[str, str]]:
    """Return translations, by language, of the texts that Gradio has only in English. Braces mark variable parts."""
    return {
        language: {text: table(language)[key] for key, text in table(LANGUAGES[0]).items() if key.startswith(GRADIO)}
        for language in LANGUAGES[1:]
    }


def asked_language(request: Any) -> str:
    """Return the language that a Gradio request asks for; the default for None."""
    headers = getattr(request, "headers", None) or {}
    return language_of(headers.get("accept-language", ""))


def language_of(accepted: str) -> str:
    """Return the language for an Accept-Language header such as "ko-KR,ko;q=0.9,en;q=0.8"."""
    wanted: list[tuple[float, str]] = []
    for entry in accepted.split(","):
        code, _, weight = entry.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", weight)
        wanted.append((-float(found[1]) if found else -1.0, code.strip().lower().partition("-")[0]))
    wanted.sort(key=lambda one: one[0])
    return next((code for _, code in wanted if code in LANGUAGES), LANGUAGES[0])
