"""The panel for classifiers."""

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check
from seq2edge.demo.components.bars import bars
from seq2edge.demo.components.cards import card
from seq2edge.demo.components.chips import chips
from seq2edge.demo.components.status import status_line
from seq2edge.demo.loading import Shelf
from seq2edge.demo.panels.panel import QUIET, choice, status
from seq2edge.demo.words import both, label
from seq2edge.device.result import Result
from seq2edge.device.tasks import Task

SHOWN = 5  # number of labels


def build_labels(shelf: Shelf, task: Task) -> None:
    """Add the panel to the page that is being built. It shows labels and attention while the visitor types."""
    bundles, name = shelf.of_task(task), task.name
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=3, elem_classes=["work", "sheet"]):
            text = gr.Textbox(
                label=label(f"source_{name}"), placeholder=label(f"hint_{name}"), lines=3, elem_id=f"{name}-source"
            )
            line = status(f"{name}-status")
            found = gr.HTML("", elem_id=f"{name}-labels")
            looked = gr.HTML("", elem_id=f"{name}-looked")
        with gr.Column(scale=1, min_width=240, elem_classes="side"):
            bundle = choice(bundles, f"{name}-bundle")
            about = gr.HTML(card(bundles[0]))

    def classify(source: str, key: str) -> tuple[str, str, str]:
        if not source.strip():
            return "", "", ""
        one = shelf[key]
        try:
            check(source)
            result = answer(one.runner, source, n_best=SHOWN)
        except RefusedError as refused:
            return "", refused.html(), ""
        facts = status_line(result, one.megabytes, can_explain=False)
        return bars(result.alternatives), facts, _looked_at(result)

    changed = [text.change, bundle.change]
    gr.on(changed, classify, [text, bundle], [found, line, looked], trigger_mode="always_last", **QUIET)
    bundle.change(lambda key: card(shelf[key]), bundle, about, queue=False, **QUIET)


def _looked_at(result: Result) -> str:
    """Return the words with the most attention; empty without attention."""
    shown = "".join(map(chips, result.parts))
    return f'<p class="title">{both("attention")}</p>{shown}' if shown else ""
