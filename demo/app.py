"""The web page: a tab for each task, and tabs to look inside, to compare models and to read about them."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Gradio reads these variables. Without the first, it reports every start of the page to its developers. Without the
# others, it keeps the times of 10,000 events and computes statistics of them after each event.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))

import gradio as gr
from starlette.middleware import Middleware

from seq2edge.demo.api import Endpoints
from seq2edge.demo.components.cards import failed_card
from seq2edge.demo.components.header import header
from seq2edge.demo.feedback import FeedbackFile
from seq2edge.demo.loading import Shelf, load
from seq2edge.demo.panels.about import build_about
from seq2edge.demo.panels.chat import build_chat
from seq2edge.demo.panels.compare import build_compare, comparable
from seq2edge.demo.panels.inside import ID as INSIDE
from seq2edge.demo.panels.inside import build_inside
from seq2edge.demo.panels.labels import build_labels
from seq2edge.demo.panels.panel import Explained
from seq2edge.demo.panels.texts import build_texts
from seq2edge.demo.privacy import OwnHostOnly
from seq2edge.demo.theme import heading_font, theme
from seq2edge.demo.users import VARIABLE
from seq2edge.demo.words import gradio_texts, label, translations
from seq2edge.device.errors import UserError
from seq2edge.device.tasks import Task
from seq2edge.device.terminal import write

ASSETS = Path(__file__).parent / "assets"
ANSWERED_AT_ONCE, MOST_WAITING = 4, 64  # numbers of requests, for all visitors together
SECONDS_KEPT = 3600  # for uploaded files and results; Gradio also looks for old ones only once in this time
# Gradio keeps 60 kB for each visit and each call of a program. A conversation that it forgets is restored from the
# messages in the browser.
VISITS_KEPT = 400


@dataclass(frozen=True)
class DemoOptions:
    """Options of `serve`.

    Attributes:
        host: Address to listen on.
        port: Port to listen on.
        users: Passwords by user name; empty: no authentication.
        share: Whether Gradio creates a public address for the page.
        mcp: Whether the endpoints are also tools of the Model Context Protocol.
        feedback: File for ratings of replies; None: nothing is saved.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    users: dict[str, str] = field(default_factory=dict)
    share: bool = False
    mcp: bool = False
    feedback: Path | None = None

    def check(self) -> None:
        """Raise a UserError if the page cannot be served with these options."""
        if not 0 < self.port < 1 << 16:
            raise UserError(f"--port must be between 1 and 65535, got {self.port}")
        try:
            with socket.create_server((self.host, self.port)):
                pass
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]
            raise UserError(f"--host {self.host} --port {self.port}: {reason}; choose another") from None
        if self.share and not self.users:
            raise UserError(f"--share needs --auth FILE or {VARIABLE}: a shared page is open to the whole internet")
        if self.mcp and find_spec("mcp") is None:
            raise UserError("--mcp: the package mcp is not installed; pip install 'seq2edge[mcp]'")


def build(shelf: Shelf, feedback: FeedbackFile | None = None) -> gr.Blocks:
    """Build the page.

    Args:
        shelf: The bundles of the page.
        feedback: File for ratings of replies; None: replies cannot be rated.
    """
    delete_cache = (SECONDS_KEPT, SECONDS_KEPT)
    with gr.Blocks(title="seq2edge", analytics_enabled=False, delete_cache=delete_cache) as page:
        Endpoints(shelf).offer()  # first, so that no event of the page gets one of their names
        gr.HTML(header(), elem_id="masthead")
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            explained: list[Explained] = []
            for task in shelf.tasks():
                with gr.Tab(label(f"tab_{task.name}"), id=task.name):
                    explained += _panel(shelf, task, feedback)
            if shelf.writers():
                with gr.Tab(label("tab_inside"), id=INSIDE):
                    build_inside(shelf, tabs, explained)
            if comparable(shelf):
                with gr.Tab(label("tab_compare"), id="compare"):
                    build_compare(shelf)
            with gr.Tab(label("tab_about"), id="about"):
                build_about(shelf)
        if shelf.failed:
            gr.HTML("".join(map(failed_card, shelf.failed)), elem_id="failed")
    return page


def _panel(shelf: Shelf, task: Task, feedback: FeedbackFile | None) -> list[Explained]:
    """Add the panel for a task. Returns the components of answers that can be explained."""
    if task.is_conversation:
        return [build_chat(shelf, shelf.of_task(task), feedback)]
    if task.target == "text":
        return [build_texts(shelf, task)]
    build_labels(shelf, task)
    return []


def serve(bundles: Sequence[Path], options: DemoOptions = DemoOptions(), block: bool = True) -> gr.Blocks:
    """Load the bundles and serve the page until Ctrl-C.

    Raises:
        UserError: If the options are not valid, or the file for ratings cannot be written.
    """
    options.check()
    shelf = load(bundles)
    for one in shelf.failed:
        write(f"note: {one.reason}", file=sys.stderr)
    page = build(shelf, FeedbackFile(options.feedback) if options.feedback else None)
    page.queue(default_concurrency_limit=ANSWERED_AT_ONCE, max_size=MOST_WAITING)
    page.launch(**_launch_settings(options, shelf), prevent_thread_lock=True)
    if options.mcp and not page.mcp_server:
        page.close()
        raise UserError(f"--mcp: {page.mcp_error}; pip install 'seq2edge[mcp]'")
    place = page.share_url or f"http://{options.host}:{options.port}"
    write(
        f"{len(shelf.loaded)} of {len(bundles)} bundles are served at {place}; Ctrl-C stops it",
        file=sys.stderr,
        flush=True,
    )
    if block:
        page.block_thread()
    return page


def _launch_settings(options: DemoOptions, shelf: Shelf) -> dict[str, Any]:
    """Return the arguments of `Blocks.launch`."""
    return {
        "server_name": options.host,
        "server_port": options.port,
        "auth": list(options.users.items()) or None,
        "share": options.share,
        "mcp_server": options.mcp,
        "theme": theme(),
        "css_paths": ASSETS / "page.css",
        "head": _head(),
        "favicon_path": ASSETS / "favicon.svg",
        "i18n": gr.I18n(**translations()),
        "app_kwargs": {"middleware": [Middleware(OwnHostOnly)]},
        "blocked_paths": [str(one.path) for one in shelf.loaded],
        "state_session_capacity": VISITS_KEPT,
        "pwa": True,
        "enable_monitoring": False,
        "ssr_mode": False,
        "max_file_size": "2mb",
        "footer_links": ["api"],  # not Gradio's settings: the browser decides language and colours
        "quiet": True,
    }


def _head() -> str:
    """Return the head of the page. It includes the font, and styles whose selectors Gradio would break."""
    names = ("look_inside.css", "page.js", "keep.js", "translate.js")
    style, *scripts = ((ASSETS / name).read_text(encoding="utf-8") for name in names)
    texts = f"const GRADIO_TEXTS = {json.dumps(gradio_texts(), ensure_ascii=False)};"
    script = "\n".join([texts, *scripts])
    return f"<style>{heading_font()}{style}</style><script>{script}</script>"
