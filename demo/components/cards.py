"""Cards that describe bundles: task, languages, size, score and speed."""

import html
from collections.abc import Iterable, Iterator

from seq2edge.demo.components.status import megabytes, milliseconds, rounded
from seq2edge.demo.loading import Failed, Loaded
from seq2edge.demo.words import both, either


def card(one: Loaded) -> str:
    """Return the card of a bundle."""
    return described(one, _facts(one))


def described(one: Loaded, facts: Iterable[tuple[str, str]]) -> str:
    """Return a card with a bundle's task, name and languages, and with facts: pairs of a name and a value, as HTML."""
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        f'<article class="card"><p class="kind">{either(f"tab_{one.task.name}")}</p>'
        f"<h2>{html.escape(one.key)}</h2><p>{languages(one)}</p><dl>{rows}</dl></article>"
    )


def failed_card(one: Failed) -> str:
    """Return the card of a bundle that could not be loaded."""
    return (
        f'<article class="card failed"><p class="kind">{both("broken")}</p>'
        f"<h2>{html.escape(one.key)}</h2><p>{html.escape(one.reason)}</p></article>"
    )


def languages(one: Loaded) -> str:
    """Return the languages of a bundle, such as "English → German".

    If a bundle is for several languages, they are those of its fallback lines, such as "English, Korean".
    """
    codes, fallback = one.languages or ["und"], getattr(one.runner.manifest, "fallback", None)
    if codes == ["mul"] and fallback and fallback.replies:
        return ", ".join(either(f"language_{code}") for code in fallback.replies)
    names = [either(f"language_{code}") for code in codes]
    return '<span class="to"> → </span>'.join(names)


def score(one: Loaded) -> str:
    """Return the main score of a bundle with its name."""
    if one.main_score is None:
        return both("no_score")
    return f"{rounded(one.main_score)} <small>{either(f'metric_{one.task.main_metric}')}</small>"


def size(one: Loaded) -> str:
    """Return the size of a bundle and its quantization."""
    quantization = either(f"quantization_{one.runner.manifest.quantization}")
    return f"{both('megabytes', value=megabytes(one.megabytes))} <small>{quantization}</small>"


def _facts(one: Loaded) -> Iterator[tuple[str, str]]:
    yield both("score"), score(one)
    yield both("size"), size(one)
    yield both("time"), both("milliseconds", value=milliseconds(one.milliseconds))
