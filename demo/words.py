"""The texts of the page in the reader's language.

HTML of ours carries a text in all languages, and the style shows the one of the page. Labels of Gradio's components are
translated in the browser. A program gets the language that its request asks for.
"""

import html
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = ("en", "ko")  # the first one serves everybody else
PREFIX = "s2e_"  # a key such as "label" would replace a text of Gradio's own

GRADIO = "gradio_"  # how keys of texts of Gradio's own begin


@cache
def table(language: str) -> dict[str, str]:
    """The texts of a language by key."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def say(key: str, language: str, **values: Any) -> str:
    """A text in one language; `values` fill its braces."""
    return table(language)[key].format(**values)


def both(key: str, **values: Any) -> str:
    """A text in all languages as HTML, of which the page shows one."""
    return "".join(
        f'<span class="{language}" lang="{language}">{html.escape(say(key, language, **values))}</span>'
        for language in LANGUAGES
    )


def either(key: str) -> str:
    """The text of a key that only some names have, such as that of a language; else the name itself."""
    return both(key) if key in table(LANGUAGES[0]) else html.escape(key.partition("_")[2].replace("_", " "))


def label(key: str) -> Any:
    """A text for a component of Gradio's, which translates it in the browser."""
    from gradio.i18n import I18nData

    return I18nData(PREFIX + key)


def translations() -> dict[str, dict[str, str]]:
    """All texts by language, with the keys that `label` uses."""
    return {
        language: {PREFIX + key: text for key, text in table(language).items() if "{" not in text}
        for language in LANGUAGES
    }


def gradio_texts() -> dict[str, dict[str, str]]:
    """Translations, by language, of the texts that Gradio shows in English only. Braces mark the parts that vary."""
    return {
        language: {text: table(language)[key] for key, text in table(LANGUAGES[0]).items() if key.startswith(GRADIO)}
        for language in LANGUAGES[1:]
    }


def asked_language(request: Any) -> str:
    """The language that a request of Gradio's asks for; None asks for none."""
    headers = getattr(request, "headers", None) or {}
    return language_of(headers.get("accept-language", ""))


def language_of(accepted: str) -> str:
    """The language for an Accept-Language header such as "ko-KR,ko;q=0.9,en;q=0.8"."""
    wanted: list[tuple[float, str]] = []
    for entry in accepted.split(","):
        code, _, weight = entry.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", weight)
        wanted.append((-float(found[1]) if found else -1.0, code.strip().lower().partition("-")[0]))
    wanted.sort(key=lambda one: one[0])
    return next((code for _, code in wanted if code in LANGUAGES), LANGUAGES[0])
