"""The tab that shows how an answer comes about: attention, the search as a tree, and the next tokens at each step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from seq2edge.demo.components.assets import SCRIPT, STYLE
from seq2edge.demo.components.attention_view import attention_view
from seq2edge.demo.components.beam_tree import beam_tree
from seq2edge.demo.components.confidence import confidence
from seq2edge.demo.components.link import View, decode, encode
from seq2edge.demo.components.markup import escape
from seq2edge.demo.components.next_tokens import next_tokens
from seq2edge.demo.components.strings import strings_for
from seq2edge.device.errors import UserError
from seq2edge.device.inspection import InspectedPart, Inspection
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner

Component = Callable[[InspectedPart, Mapping[str, str]], str]
PICTURES: dict[str, Component] = {"attention": attention_view, "tree": beam_tree, "next": next_tokens}
BEAM = 5  # where a bundle offers it
# A link is opened when the page is loaded: the fragment of the address goes to no server but by this.
READ_LINK = "() => location.hash"
COPY_LINK = """(fragment) => {
  const link = location.href.split("#")[0] + fragment;
  if (fragment && navigator.clipboard) navigator.clipboard.writeText(link).catch(() => {});
  return fragment ? link : "";
}"""


def look_inside(runners: Mapping[str, Runner[Any]], words: Callable[[str], Any]) -> None:
    """Add the content of the tab to the `gr.Blocks` or `gr.Tab` that is open.

    Args:
        runners: By the names that users choose from; those that write no text are left out. At least one
            has to write.
        words: Returns what is shown for a key of `components.strings.ENGLISH`, as `gr.I18n` does.
    """
    writers = {name: one for name, one in runners.items() if isinstance(one, Seq2SeqRunner)}
    most = max(max(one.manifest.beam_sizes) for one in writers.values())
    names = list(writers)
    gr.HTML(f"<style>{STYLE}</style>", padding=False)
    with gr.Row():
        text = gr.Textbox(label=words("look_text"), lines=1, max_lines=4, elem_id="look-text", scale=4)
        bundle = gr.Dropdown(names, label=words("look_bundle"), elem_id="look-bundle", visible=len(names) > 1)
    with gr.Row():
        prefix = gr.Textbox(label=words("look_prefix"), elem_id="look-prefix", scale=3)
        # Gradio refuses a slider without a choice, even one that is not shown.
        limits = {"minimum": 1, "maximum": max(most, 2), "value": min(BEAM, most), "step": 1}
        beam = gr.Slider(label=words("look_beam"), elem_id="look-beam", scale=2, visible=most > 1, **limits)
    run = gr.Button(words("look_run"), variant="primary", elem_id="look-run")
    plain = {"apply_default_css": False}
    summary = gr.HTML(elem_id="look-summary", **plain)
    with gr.Tabs():
        with gr.Tab(words("look_attention")):
            attention = gr.HTML(elem_id="look-attention", js_on_load=SCRIPT, **plain)
        with gr.Tab(words("look_tree")):
            tree = gr.HTML(elem_id="look-tree", js_on_load=SCRIPT, **plain)
        with gr.Tab(words("look_next")):
            following = gr.HTML(elem_id="look-next", js_on_load=SCRIPT, **plain)
    fragment = gr.Textbox(visible="hidden")
    with gr.Row(equal_height=True):
        copy = gr.Button(words("look_link"), elem_id="look-copy", scale=1)
        link = gr.Textbox(label=words("look_link_made"), elem_id="look-link", interactive=False, scale=3)
    asked = [bundle, text, beam, prefix]
    shown = [summary, attention, tree, following, fragment]
    _connect(writers, _Parts(asked, shown, [run.click, text.submit, prefix.submit], [tree.select, following.select]))
    copy.click(None, fragment, link, js=COPY_LINK, api_visibility="private")


@dataclass(frozen=True)
class _Parts:
    """The components that events connect, and the events.

    Attributes:
        asked: Bundle, text, beam and prefix.
        shown: The summary, the pictures, and the fragment of the link.
        runs: Events that answer what is asked.
        forces: Events with a prefix.
    """

    asked: list[Any]
    shown: list[Any]
    runs: list[Any]
    forces: list[Any]


def _connect(runners: Mapping[str, Runner[Any]], parts: _Parts) -> None:
    def inspect(name: str, text: str, beam: int, prefix: str, request: gr.Request) -> list[Any]:
        return _content(runners, View(name, text, {"beam": int(beam)}, prefix), _strings(request))

    def force(name: str, text: str, beam: int, event: gr.EventData, request: gr.Request) -> list[Any]:
        prefix = str(getattr(event, "prefix", ""))
        return [prefix, *_content(runners, View(name, text, {"beam": int(beam)}, prefix), _strings(request))]

    def open_link(fragment: str, request: gr.Request) -> list[Any]:
        strings = _strings(request)
        try:
            view = _opened(fragment, runners, strings)
        except UserError as error:
            gr.Warning(str(error))
            view = None
        if view is None:
            return [gr.skip()] * (len(parts.asked) + len(parts.shown))
        asked = [view.bundle, view.text, view.options["beam"], view.prefix]
        return [*asked, *_content(runners, view, strings)]

    private = {"api_visibility": "private", "show_progress": "minimal"}
    gr.on(parts.runs, inspect, parts.asked, parts.shown, **private)
    gr.on(parts.forces, force, parts.asked[:3], [parts.asked[3], *parts.shown], **private)
    address = gr.Textbox(visible="hidden")
    # Without triggers it runs when the page is loaded.
    gr.on(None, open_link, address, [*parts.asked, *parts.shown], js=READ_LINK, **private)


def _strings(request: gr.Request) -> dict[str, str]:
    return strings_for(request.headers.get("accept-language", ""))


def _opened(fragment: str, runners: Mapping[str, Runner[Any]], strings: Mapping[str, str]) -> View | None:
    """The view of a link; None: the address has none.

    Raises:
        UserError: In the user's language, if the link is none of ours or its model is not here.
    """
    if not fragment.startswith("#look="):
        return None
    try:
        view = decode(fragment)
    except UserError:
        raise UserError(strings["look_wrong_link"]) from None
    if view.bundle not in runners:
        raise UserError(strings["look_wrong_bundle"].format(name=view.bundle[:80]))
    return View(view.bundle, view.text, {"beam": view.options.get("beam", 1)}, view.prefix)


def _content(runners: Mapping[str, Runner[Any]], view: View, strings: Mapping[str, str]) -> list[Any]:
    """The summary, the pictures and the fragment of a link; a mistake of the user's changes nothing but is said."""
    if not view.text.strip():
        return [f'<p class="li li-note">{escape(strings["look_first"])}</p>', "", "", "", ""]
    try:
        inspection = runners[view.bundle].inspect(view.text, prefix=view.prefix, **view.options)
        return [_summary(inspection, strings), *_pictures(inspection, strings), encode(view)]
    except UserError as error:
        gr.Warning(str(error))
        return [gr.skip()] * (len(PICTURES) + 2)


def _pictures(inspection: Inspection, strings: Mapping[str, str]) -> list[str]:
    """Each picture of all parts; a note if there is nothing to show."""
    parts = [part for part in inspection.parts if part.target_tokens]
    nothing = "" if inspection.decided_by == "guard" else f'<p class="li li-note">{escape(strings["look_empty"])}</p>'
    return ["".join(picture(part, strings) for part in parts) or nothing for picture in PICTURES.values()]


def _summary(inspection: Inspection, strings: Mapping[str, str]) -> str:
    """The answer, what decided it, what the model wrote otherwise, and how sure it was of each word."""
    by = escape(strings[f"look_decided_{inspection.decided_by}"])
    lines = [
        f'<p class="li-said">{escape(inspection.result.text)}</p>',
        f'<p class="li-decided"><strong>{escape(strings["look_decided"])}</strong>: {by}</p>',
    ]
    if inspection.model_text is not None and inspection.decided_by != "model":
        title = escape(strings["look_model_text"])
        lines.append(f"<p><strong>{title}</strong>: {escape(inspection.model_text)}</p>")
    sure = "".join(
        confidence(part.target_words, part.word_confidences, strings) for part in inspection.parts if part.target_words
    )
    return f'<div class="li li-summary" role="status">{"".join(lines)}</div>{sure}'
