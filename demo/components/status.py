"""The status line under an answer: time, size of the model, and confidence."""

from seq2edge.demo.words import both
from seq2edge.device.result import Result


def status_line(result: Result, size: float, can_explain: bool = True) -> str:
    """Return the line as HTML.

    Args:
        result: The answer.
        size: Size of the bundle in megabytes.
        can_explain: Whether to add a button that explains the answer.
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
    if result.unread:
        facts.append(both("unread"))
    elif result.unsure:
        facts.append(both("unsure"))
    why = f'<button type="button" class="why">{both("why")}</button>' if can_explain and result.parts else ""
    return f'<p class="facts">{"".join(f"<span>{fact}</span>" for fact in facts)}{why}</p>'


def rounded(value: float) -> str:
    """Format a score with one decimal."""
    return f"{value:.1f}"


def milliseconds(value: float) -> str:
    """Format a time with two significant digits."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def megabytes(value: float) -> str:
    """Format a size with its significant digits."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
