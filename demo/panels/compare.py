"""The panel that sends a text through all bundles of a task."""

import html
from collections import defaultdict

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check
from seq2edge.demo.components.bars import bar
from seq2edge.demo.components.cards import score
from seq2edge.demo.components.differences import marked
from seq2edge.demo.components.status import megabytes, milliseconds
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels.panel import QUIET, growing_field
from seq2edge.demo.words import both, label
from seq2edge.device.result import Result


def comparable(shelf: Shelf) -> dict[str, list[Loaded]]:
    """Return groups of at least two bundles that have the same task and languages."""
    groups: dict[str, list[Loaded]] = defaultdict(list)
    for one in shelf.loaded:
        groups["-".join([one.task.name, *one.languages])].append(one)
    return {name: bundles for name, bundles in groups.items() if len(bundles) > 1}


def build_compare(shelf: Shelf) -> None:
    """Add the panel to the page that is being built."""
    groups = comparable(shelf)
    names = [(", ".join(one.key for one in bundles), name) for name, bundles in groups.items()]
    task = gr.Radio(names, value=names[0][1], label=label("compare_task"), visible=len(names) > 1)
    with gr.Column(elem_classes="sheet"):
        with gr.Row(elem_classes=["composer", "long"]):
            text = growing_field("compare_text", "compare-text", most_lines=4, scale=5)
            go = gr.Button(label("compare"), variant="primary", elem_id="compare", scale=0, min_width=96)
        view = gr.HTML("", elem_id="compare-view")

    def compare(source: str, name: str) -> str:
        try:
            check(source)
            answers = [(one, answer(one.runner, source)) for one in groups[name]]
        except RefusedError as refused:
            return refused.html()
        return comparison(answers)

    gr.on([go.click, text.submit, task.change], compare, [text, task], view, **QUIET)


def comparison(answers: list[tuple[Loaded, Result]]) -> str:
    """Return the answers of bundles as a table. Words that differ from the first answer are marked."""
    head = "".join(
        f'<th scope="col">{both(key)}</th>' for key in ("column_model", "column_answer", "size", "time", "score")
    )
    largest, slowest = max(one.megabytes for one, _ in answers), max(result.seconds for _, result in answers)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(one.key)}</th>'
        f'<td class="said">{marked(result.text, answers[0][1].text)}</td>'
        f"<td>{both('megabytes', value=megabytes(one.megabytes))}{bar(one.megabytes / largest)}</td>"
        f"<td>{both('milliseconds', value=milliseconds(1000 * result.seconds))}{bar(result.seconds / slowest)}</td>"
        f"<td>{score(one)}</td></tr>"
        for one, result in answers
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="compared"><thead><tr>{head}</tr></thead>'
        f'<tbody>{rows}</tbody></table></div><p class="hint">{both("compare_note")}</p>'
    )
