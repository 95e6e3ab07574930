"""Inspections for the page: turns the values of the panel's fields into pictures of an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2edge.demo.answers import RefusedError, check, inspected
from seq2edge.demo.components.attention_view import attention_view
from seq2edge.demo.components.beam_tree import beam_tree
from seq2edge.demo.components.link import KEY, View, decode, encode
from seq2edge.demo.components.markup import escape
from seq2edge.demo.components.next_tokens import next_tokens
from seq2edge.demo.components.summary import summary
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.settings import largest
from seq2edge.demo.words import asked_language, table
from seq2edge.device.conversation import Conversation
from seq2edge.device.errors import UserError
from seq2edge.device.inspection import InspectedPart, Inspection

Words = Mapping[str, str]
Picture = Callable[[InspectedPart, Words], str]
PICTURES: tuple[Picture, ...] = (attention_view, beam_tree, next_tokens)
ASKED, SHOWN = 5, len(PICTURES) + 3  # numbers of input and output values of the panel


@dataclass(frozen=True)
class Asked:
    """The values of the panel's fields.

    Attributes:
        bundle: Key of the bundle on the shelf.
        previous: The previous reply, which the text may refer to.
        seen: The view that the panel currently shows.
    """

    bundle: str
    text: str
    previous: str = ""
    beam: int = 1
    prefix: str = ""
    seen: View | None = None

    def same_as(self, view: View) -> bool:
        """Return whether bundle and texts are those of a view."""
        return (view.bundle, view.text, view.previous) == (self.bundle, self.text, self.previous)


@dataclass(frozen=True)
class Inspections:
    """The functions behind the panel. Their outputs are the summary, the pictures, the fragment of a link and the view.

    Args:
        shelf: A shelf with at least one bundle that generates text.
        tab: Id of the panel's tab.
    """

    shelf: Shelf
    tab: str

    def look(self, asked: Asked, request: gr.Request) -> list[Any]:
        """Show an answer. Settings without a field are kept as long as bundle and text are the same."""
        kept = asked.seen.options if asked.seen and asked.same_as(asked.seen) else {}
        options = kept | {"beam": int(min(asked.beam, largest("beam", self.shelf[asked.bundle])))}
        return self._shown(View(asked.bundle, asked.text, options, asked.prefix, asked.previous), request)

    def force(self, asked: Asked, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Return the prefix that was clicked, and show the answer that starts with it."""
        prefix = str(getattr(event, "prefix", ""))
        return [prefix, *self.look(replace(asked, prefix=prefix), request)]

    def choose(self, asked: Asked, request: gr.Request) -> list[Any]:
        """Show the answer of another bundle, without the prefix of the previous one."""
        return ["", *self.look(replace(asked, prefix=""), request)]

    def explain(self, asked: View | None, request: gr.Request) -> list[Any]:
        """Open the panel with an answer of another panel."""
        return self._opened(asked, request) if asked else self._nothing()

    def open_link(self, fragment: str, request: gr.Request) -> list[Any]:
        """Open the panel with the view of a link, if the address has one."""
        if not fragment.startswith(f"#{KEY}="):
            return self._nothing()
        try:
            return self._opened(self._view(fragment), request)
        except RefusedError as refused:
            unchanged = [gr.skip()] * ASKED
            return [gr.Tabs(selected=self.tab), *unchanged, *_said(refused.html())]

    def _opened(self, view: View, request: gr.Request) -> list[Any]:
        """Return the tab, the fields and the outputs of the panel for a view."""
        beam = view.options.get("beam", self.shelf[view.bundle].runner.options().beam)
        asked = [view.bundle, view.text, view.previous, beam, view.prefix]
        return [gr.Tabs(selected=self.tab), *asked, *self._shown(view, request)]

    def _nothing(self) -> list[Any]:
        return [gr.skip()] * (1 + ASKED + SHOWN)

    def _view(self, fragment: str) -> View:
        """Return the view of a link.

        Raises:
            RefusedError: If the link is not valid, or its model is not loaded.
        """
        try:
            view = decode(fragment)
        except UserError:
            raise RefusedError("look_wrong_link") from None
        if view.bundle not in [one.key for one in self.shelf.writers()]:
            raise RefusedError("look_wrong_bundle", name=view.bundle[:80])
        return view

    def _shown(self, view: View, request: gr.Request) -> list[Any]:
        strings = table(asked_language(request))
        if not view.text.strip():
            return _said(_note(strings["look_first"]))
        one = self.shelf[view.bundle]
        try:
            check(view.text)
            source = Conversation(one.runner, view.previous).source(view.text)
            inspection = inspected(one.runner, source, **view.options, prefix=view.prefix)
        except RefusedError as refused:
            return _said(refused.html())
        changed = _changed(one, view)
        view = replace(view, options=changed | {"beam": one.runner.options(**view.options).beam})
        return [summary(inspection, changed, strings), *_pictures(inspection, strings), _link(view), view]


def _said(what: str) -> list[Any]:
    """Show a note instead of an answer."""
    return [what, *[""] * (SHOWN - 2), None]


def _note(text: str) -> str:
    return f'<p class="li li-note">{escape(text)}</p>'


def _changed(one: Loaded, view: View) -> dict[str, Any]:
    """Return the options without a field that differ from the bundle's own."""
    own = one.runner.options()
    changed = one.runner.options(**view.options)
    names = [name for name in view.options if name != "beam"]
    return {name: value for name in names if (value := getattr(changed, name)) != getattr(own, name)}


def _pictures(inspection: Inspection, strings: Words) -> list[str]:
    """Return each picture, for all parts of the answer; a note if there is nothing to show."""
    parts = [part for part in inspection.parts if part.target_tokens]
    nothing = "" if inspection.decided_by == "guard" else _note(strings["look_empty"])
    return ["".join(picture(part, strings) for part in parts) or nothing for picture in PICTURES]


def _link(view: View) -> str:
    """Return the fragment of a link; empty if the view is too large."""
    try:
        return encode(view)
    except UserError:
        return ""
