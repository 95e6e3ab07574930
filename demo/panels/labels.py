"""The panel of classifiers."""

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check
from seq2edge.demo.components.bars import bars
from seq2edge.demo.components.cards import card
from seq2edge.demo.components.status import status_line
from seq2edge.demo.loading import Shelf
from seq2edge.demo.panels.panel import QUIET, Explained, choice, status
from seq2edge.demo.words import label
from seq2edge.device.tasks import Task

SHOWN = 5  # labels


def build_labels(shelf: Shelf, task: Task) -> Explained:
    """Add the panel to the page that is being built: labels as one types."""
    bundles, name = shelf.of_task(task), task.name
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=3, elem_classes="work"):
            text = gr.Textbox(
                label=label(f"source_{name}"), placeholder=label(f"hint_{name}"), lines=3, elem_id=f"{name}-source"
            )
            found = gr.HTML("", elem_id=f"{name}-labels")
            line = status(f"{name}-status")
        with gr.Column(scale=1, min_width=240, elem_classes="side"):
            bundle = choice(bundles, f"{name}-bundle")
            facts = gr.HTML(card(bundles[0]))
    answered = gr.State("")

    def classify(source: str, key: str) -> tuple[str, str, str]:
        if not source.strip():
            return "", "", ""
        one = shelf[key]
        try:
            check(source)
            result = answer(one.runner, source, n_best=SHOWN)
        except RefusedError as refused:
            return "", refused.html(), ""
        return bars(result.alternatives), status_line(result, one.megabytes), source

    changed = [text.change, bundle.change]
    gr.on(changed, classify, [text, bundle], [found, line, answered], trigger_mode="always_last", **QUIET)
    bundle.change(lambda key: card(shelf[key]), bundle, facts, queue=False, **QUIET)
    return Explained(line, bundle, answered)
