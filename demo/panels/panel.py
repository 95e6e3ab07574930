"""Components and types that several panels use."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from seq2edge.demo.loading import Loaded
from seq2edge.demo.words import label

PRIVATE = {"api_visibility": "private"}  # for events of the page, which are not endpoints for programs
QUIET = {**PRIVATE, "show_progress": "hidden"}
# A click on the button "why?" of a status line triggers the event `select` in Python.
WHY = """element.addEventListener('click', event => { if (event.target.closest('.why')) trigger('select', {}) })"""


@dataclass(frozen=True)
class Explained:
    """The components of a panel whose answers can be explained.

    Attributes:
        status: The status line with the button "why?".
        asked: State with the `View` of the last answer; None: there is no answer yet.
    """

    status: gr.HTML
    asked: gr.State


def choice(bundles: Sequence[Loaded], elem_id: str, scale: int | None = None) -> gr.Dropdown:
    """Return a dropdown of bundles. It is hidden if there is only one."""
    keys = [one.key for one in bundles]
    return gr.Dropdown(keys, value=keys[0], label=label("bundle"), visible=len(keys) > 1, elem_id=elem_id, scale=scale)


def status(elem_id: str) -> gr.HTML:
    """Return an empty status line for an answer."""
    return gr.HTML("", elem_id=elem_id, elem_classes="status-line", js_on_load=WHY)


def growing_field(key: str, elem_id: str, most_lines: int, scale: int, visible: bool = True) -> gr.Textbox:
    """Return a text field that grows from one line to `most_lines`.

    Args:
        key: Key of its label in `demo/languages`. The key of its hint ends in "_hint".
    """
    return gr.Textbox(
        label=label(key),
        placeholder=label(f"{key}_hint"),
        lines=1,
        max_lines=most_lines,
        elem_id=elem_id,
        scale=scale,
        visible=visible,
    )
