"""The panel for tasks from text to text: translation, summaries, commands, code."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer, check
from seq2edge.demo.components.alternatives import JS, alternatives
from seq2edge.demo.components.cards import card
from seq2edge.demo.components.link import View
from seq2edge.demo.components.status import status_line
from seq2edge.demo.loading import Shelf
from seq2edge.demo.panels.files import Files
from seq2edge.demo.panels.panel import QUIET, Explained, choice, status
from seq2edge.demo.settings import controls, defaults, options_of
from seq2edge.demo.words import label
from seq2edge.device.tasks import Task

ANSWERS = 5  # number of alternative answers


@dataclass(frozen=True)
class Texts:
    """The components of the panel."""

    bundle: gr.Dropdown
    source: gr.Textbox
    target: gr.Textbox
    others: gr.HTML
    status: gr.HTML
    card: gr.HTML
    swap: gr.Button
    settings: list[gr.Component]
    asked: gr.State


def build_texts(shelf: Shelf, task: Task) -> Explained:
    """Add the panel of a task to the page that is being built."""
    bundles, name = shelf.of_task(task), task.name
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=3, elem_classes=["work", "sheet"]):
            with gr.Row(elem_classes="panes"):
                source = gr.Textbox(
                    label=label(f"source_{name}"), placeholder=label(f"hint_{name}"), lines=3, elem_id=f"{name}-source"
                )
                swap = gr.Button("⇄", elem_id=f"{name}-swap", visible=shelf.reverse_of(bundles[0]) is not None)
                target = gr.Textbox(
                    label=label(f"target_{name}"),
                    lines=3,
                    interactive=False,
                    buttons=["copy"],
                    elem_id=f"{name}-target",
                    elem_classes="code" if task.multiline else None,
                )
            with gr.Row(elem_classes="below"):
                line = status(f"{name}-status")
                files = Files(name)
            others = gr.HTML("", elem_id=f"{name}-others", js_on_load=JS)
        with gr.Column(scale=1, min_width=240, elem_classes="side"):
            bundle = choice(bundles, f"{name}-bundle")
            facts = gr.HTML(card(bundles[0]))
            with gr.Accordion(label("settings"), open=False, elem_id=f"{name}-settings"):
                settings = controls(bundles, name)
    texts = Texts(bundle, source, target, others, line, facts, swap, settings, gr.State(None))
    _listen(texts, Answers(shelf), files)
    return Explained(line, texts.asked)


def _listen(texts: Texts, answers: "Answers", files: Files) -> None:
    """Connect the components. The order matters: a new bundle's settings are loaded before it answers."""
    changed = [texts.card, texts.swap, *texts.settings]
    texts.bundle.change(answers.choose, texts.bundle, changed, queue=False, **QUIET)
    asked = [texts.source, texts.bundle, *texts.settings]
    shown = [texts.target, texts.others, texts.status, texts.asked]
    settings = [control.change for control in texts.settings]
    gr.on(
        [texts.source.change, texts.bundle.change, *settings],
        answers.answer_typed,
        asked,
        shown,
        trigger_mode="always_last",
        **QUIET,
    )
    texts.others.select(_chosen, None, texts.target, queue=False, **QUIET)
    texts.swap.click(answers.swap, [texts.bundle, texts.source, texts.target], [texts.bundle, texts.source], **QUIET)
    files.listen(answers.shelf, [texts.bundle, *texts.settings])


def _chosen(event: gr.EventData) -> str:
    """Return the answer that was clicked."""
    return str(event.value)


@dataclass(frozen=True)
class Answers:
    """The functions behind the panel."""

    shelf: Shelf

    def answer_typed(self, text: str, key: str, *values: Any) -> tuple[str, str, str, View | None]:
        """Return the answer, alternative answers, the status line, and the view for "why?"."""
        if not text.strip():
            return "", "", "", None
        bundle = self.shelf[key]
        options = options_of(bundle, values)
        try:
            check(text)
            result = answer(bundle.runner, text, **options, n_best=min(ANSWERS, options["beam"]))
        except RefusedError as refused:
            return "", "", refused.html(), None
        texts = list(dict.fromkeys(other for other, _ in result.alternatives))
        line = status_line(result, bundle.megabytes)
        return result.text, alternatives(texts), line, View(key, text, options)

    def choose(self, key: str) -> list[Any]:
        """Return the card and the settings of another bundle, and whether there is a bundle for the way back."""
        bundle = self.shelf[key]
        return [card(bundle), gr.update(visible=self.shelf.reverse_of(bundle) is not None), *defaults(bundle)]

    def swap(self, key: str, source: str, target: str) -> tuple[str, str]:
        """Return the bundle for the opposite direction, and the answer as its source."""
        other = self.shelf.reverse_of(self.shelf[key])
        return (other.key, target or source) if other else (key, source)
