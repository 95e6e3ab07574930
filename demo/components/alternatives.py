"""Other answers, to choose one of them."""

import html
from collections.abc import Sequence

from seq2edge.demo.words import both

# A click on an answer reaches Python as the event `select` with the answer.
JS = """element.addEventListener('click', event => {
  const button = event.target.closest('button.answer');
  if (button) trigger('select', {value: button.textContent});
})"""


def alternatives(answers: Sequence[str]) -> str:
    """Answers, the best first, as buttons; empty if there is no choice."""
    if len(answers) < 2:
        return ""
    items = "".join(
        f'<li><button type="button" class="answer">{html.escape(answer)}</button></li>' for answer in answers
    )
    return f'<p class="title">{both("alternatives")}</p><ol class="answers">{items}</ol>'
