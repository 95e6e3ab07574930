"""What the panels have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from seq2edge.demo.loading import Loaded
from seq2edge.demo.words import label

PRIVATE = {"api_visibility": "private"}  # of the events of the page, which are no interface for programs
QUIET = {**PRIVATE, "show_progress": "hidden"}
# A click on the button "why?" of a status line reaches Python as the event `select`.
WHY = """element.addEventListener('click', event => { if (event.target.closest('.why')) trigger('select', {}) })"""


@dataclass(frozen=True)
class Explained:
    """What a panel leaves to look into.

    Attributes:
        status: Its button "why?" asks for it.
        asked: A `View` of what was answered last; None: nothing.
    """

    status: gr.HTML
    asked: gr.State


def choice(bundles: Sequence[Loaded], elem_id: str, scale: int | None = None) -> gr.Dropdown:
    """A choice among bundles; not shown if there is only one."""
    keys = [one.key for one in bundles]
    return gr.Dropdown(keys, value=keys[0], label=label("bundle"), visible=len(keys) > 1, elem_id=elem_id, scale=scale)


def status(elem_id: str) -> gr.HTML:
    """An empty line for what there is to say of an answer."""
    return gr.HTML("", elem_id=elem_id, elem_classes="status-line", js_on_load=WHY)
