"""The line under an answer: how long it took, how large the model is, how sure it was."""

from seq2edge.demo.words import both
from seq2edge.device.result import Result


def status_line(result: Result, size: float, can_explain: bool = True) -> str:
    """The line as HTML.

    Args:
        size: Of the bundle, in megabytes.
        can_explain: Whether a button leads to how the answer came about.
    """
    facts = [
        both("took", milliseconds=milliseconds(1000 * result.seconds)),
        both("weighs", megabytes=megabytes(size)),
    ]
    if result.guard:
        facts.append(both("guarded"))
    else:
        facts.append(both("sure", percent=f"{100 * result.confidence:.0f}"))
    if result.fallback:
        facts.append(both("fallback"))
    if result.cut:
        facts.append(both("cut"))
    why = f'<button type="button" class="why">{both("why")}</button>' if can_explain and result.parts else ""
    return f'<p class="facts">{"".join(f"<span>{fact}</span>" for fact in facts)}{why}</p>'


def milliseconds(value: float) -> str:
    """A time with two digits that matter."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def megabytes(value: float) -> str:
    """A size with the digits that matter."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
