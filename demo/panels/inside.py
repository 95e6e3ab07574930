"""The panel that explains an answer: attention, the search as a tree, and the next tokens at each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from seq2edge.demo.inspections import Asked, Inspections
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels.panel import PRIVATE, QUIET, Explained, choice, growing_field
from seq2edge.demo.settings import largest
from seq2edge.demo.words import both, label

ID = "inside"
SCRIPT = (Path(__file__).parents[1] / "assets" / "look_inside.js").read_text(encoding="utf-8")
BEAM = 5  # default beam size, if a bundle has it
# Only this script sends the part of the address after "#" to the server.
READ_LINK = "() => location.hash"
COPY_LINK = """(fragment) => {
  const link = location.href.split("#")[0] + fragment;
  if (fragment && navigator.clipboard) navigator.clipboard.writeText(link).catch(() => {});
  return fragment ? link : "";
}"""


@dataclass(frozen=True)
class Inside:
    """The components of the panel.

    Attributes:
        fragment: Fragment of a link to the current view.
        seen: The current view.
    """

    bundle: gr.Dropdown
    text: gr.Textbox
    previous: gr.Textbox
    beam: gr.Slider
    prefix: gr.Textbox
    run: gr.Button
    summary: gr.HTML
    attention: gr.HTML
    tree: gr.HTML
    following: gr.HTML
    fragment: gr.Textbox
    seen: gr.State


def build_inside(shelf: Shelf, tabs: gr.Tabs, panels: Sequence[Explained]) -> None:
    """Add the panel to the page that is being built.

    Args:
        shelf: A shelf with at least one bundle that generates text.
        tabs: The tabs of the page.
        panels: The panels whose answers it explains.
    """
    writers = shelf.writers()
    with gr.Column(elem_classes="sheet"):
        with gr.Row(elem_classes=["composer", "long"]):
            text = growing_field("look_text", "look-text", most_lines=4, scale=5)
            run = gr.Button(label("look_run"), variant="primary", elem_id="look-run", scale=0, min_width=150)
        with gr.Row(elem_classes="options"):
            bundle = choice(writers, "look-bundle", scale=3)
            beam = _beam(writers)
            prefix, previous = _texts(writers[0])
    summary = gr.HTML(
        f'<p class="li li-note">{both("look_first")}</p>', elem_id="look-summary", apply_default_css=False
    )
    with gr.Tabs(elem_id="look-pictures"):
        attention, tree, following = (_picture(name) for name in ("attention", "tree", "next"))
    fragment = gr.Textbox(visible="hidden")
    with gr.Row(elem_classes="share"):
        copy = gr.Button(label("look_link"), elem_id="look-copy", size="md", scale=0, min_width=200)
        link = gr.Textbox(
            label=label("look_link_made"),
            placeholder=" ",  # lets the style sheet recognise that there is no link yet
            interactive=False,
            max_lines=1,
            elem_id="look-link",
            scale=5,
        )
    copy.click(None, fragment, link, js=COPY_LINK, **PRIVATE)
    asked = {"bundle": bundle, "text": text, "previous": previous, "beam": beam, "prefix": prefix, "run": run}
    shown = {"summary": summary, "attention": attention, "tree": tree, "following": following, "fragment": fragment}
    _listen(Inside(**asked, **shown, seen=gr.State(None)), Inspections(shelf, ID), tabs, panels)


def _beam(writers: Sequence[Loaded]) -> gr.Slider:
    most = max(int(largest("beam", one)) for one in writers)
    # Gradio refuses a slider with only one value, even if it is hidden.
    return gr.Slider(
        1,
        max(most, 2),
        min(BEAM, most),
        step=1,
        label=label("look_beam"),
        elem_id="look-beam",
        visible=most > 1,
        scale=4,
    )


def _texts(first: Loaded) -> tuple[gr.Textbox, gr.Textbox]:
    """Add the fields for the start of the answer, and for the reply that the text may refer to."""
    prefix = growing_field("look_prefix", "look-prefix", most_lines=2, scale=4)
    has_memory = first.runner.has_memory
    previous = growing_field("look_previous", "look-previous", most_lines=2, scale=5, visible=has_memory)
    return prefix, previous


def _picture(name: str) -> gr.HTML:
    """Add a tab with a picture."""
    with gr.Tab(label(f"look_{name}")):
        return gr.HTML(elem_id=f"look-{name}", js_on_load=SCRIPT, apply_default_css=False)


def _listen(inside: Inside, inspections: Inspections, tabs: gr.Tabs, panels: Sequence[Explained]) -> None:
    """Connect the components."""
    fields = {name: getattr(inside, name) for name in ("bundle", "text", "previous", "beam", "prefix")}
    asked = fields | {"seen": inside.seen}
    pictures = [inside.attention, inside.tree, inside.following]
    shown = [inside.summary, *pictures, inside.fragment, inside.seen]
    opened = [tabs, *fields.values(), *shown]
    last = {**QUIET, "trigger_mode": "always_last", "inputs": set(asked.values())}

    # Because its inputs are a set, Gradio passes a dict of the values by component.
    def look(values: dict[Any, Any], request: gr.Request) -> list[Any]:
        return inspections.look(_asked(asked, values), request)

    def force(values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> list[Any]:
        return inspections.force(_asked(asked, values), event, request)

    def choose(values: dict[Any, Any], request: gr.Request) -> list[Any]:
        return inspections.choose(_asked(asked, values), request)

    submitted = [inside.text.submit, inside.previous.submit, inside.prefix.submit]
    gr.on([inside.run.click, *submitted, inside.beam.input], look, outputs=shown, **last)
    gr.on([inside.tree.select, inside.following.select], force, outputs=[inside.prefix, *shown], **last)
    inside.bundle.input(choose, outputs=[inside.prefix, *shown], **last)
    inside.bundle.change(
        lambda key: gr.Textbox(visible=inspections.shelf[key].runner.has_memory),
        inside.bundle,
        inside.previous,
        queue=False,
        **QUIET,
    )
    for panel in panels:
        panel.status.select(inspections.explain, panel.asked, opened, **QUIET)
    address = gr.Textbox(visible="hidden")
    # An event without triggers runs when the page is loaded. The server is asked only if the address is a link.
    gr.on(None, None, None, address, js=READ_LINK, **PRIVATE)
    address.change(inspections.open_link, address, opened, **QUIET)


def _asked(fields: Mapping[str, Any], values: Mapping[Any, Any]) -> Asked:
    """Return the values of the fields by name."""
    return Asked(**{name: values[field] for name, field in fields.items()})
