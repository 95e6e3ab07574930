"""A list of alternative answers, from which a visitor can choose."""

import html
from collections.abc import Sequence

from seq2edge.demo.words import both

# A click on an answer triggers the event `select` in Python, with the answer.
JS = """element.addEventListener('click', event => {
  const button = event.target.closest('button.answer');
  if (button) trigger('select', {value: button.textContent});
})"""


def alternatives(answers: Sequence[str]) -> str:
    """Return buttons for answers, best first; empty if there is only one answer."""
    if len(answers) < 2:
        return ""
    items = "".join(
        f'<li><button type="button" class="answer">{html.escape(answer)}</button></li>' for answer in answers
    )
    return f'<p class="title">{both("alternatives")}</p><ol class="answers">{items}</ol>'
