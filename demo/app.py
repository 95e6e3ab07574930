"""The web page: a tab for each task, one to look inside, to compare and to read about the models."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Gradio reads it when it is imported. Without it, Gradio reports every start of the page to its makers.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from seq2edge.demo.components.header import header
from seq2edge.demo.feedback import FeedbackFile
from seq2edge.demo.loading import Loaded, Shelf, load
from seq2edge.demo.panels.chat import build_chat
from seq2edge.demo.theme import theme
from seq2edge.demo.words import label, translations
from seq2edge.device.errors import UserError

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class DemoOptions:
    """How the page is served.

    Attributes:
        host: Address to listen on.
        port: To listen on.
        users: Passwords by name; empty: everybody may see the page.
        share: Whether Gradio makes an address that the whole internet reaches.
        mcp: Whether the endpoints are tools of the Model Context Protocol, too.
        feedback: File for ratings of replies; None: nothing is saved.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    users: dict[str, str] = field(default_factory=dict)
    share: bool = False
    mcp: bool = False
    feedback: Path | None = None


def build(shelf: Shelf, feedback: FeedbackFile | None = None) -> gr.Blocks:
    """Build the page.

    Args:
        shelf: Its bundles.
        feedback: Where ratings of replies go; None: there is nothing to rate with.
    """
    with gr.Blocks(title="seq2edge", analytics_enabled=False) as page:
        gr.HTML(header(), elem_id="masthead")
        with gr.Tabs(elem_id="tabs"):
            for task in shelf.tasks():
                with gr.Tab(label(f"tab_{task.name}"), id=task.name):
                    build_chat(shelf, shelf.of_task(task), feedback)
    return page


def serve(bundles: Sequence[Path], options: DemoOptions = DemoOptions(), block: bool = True) -> gr.Blocks:
    """Load the bundles and serve the page until Ctrl-C.

    Raises:
        UserError: If the port is in use, or the file for ratings cannot be written.
    """
    page = build(load(bundles), FeedbackFile(options.feedback) if options.feedback else None)
    try:
        page.queue(default_concurrency_limit=4, max_size=64).launch(
            server_name=options.host,
            server_port=options.port,
            prevent_thread_lock=not block,
            theme=theme(),
            css_paths=ASSETS / "page.css",
            head=f"<script>{(ASSETS / 'page.js').read_text(encoding='utf-8')}</script>",
            favicon_path=ASSETS / "favicon.svg",
            i18n=gr.I18n(**translations()),
            pwa=True,
            enable_monitoring=False,
            ssr_mode=False,
            max_file_size="2mb",
            footer_links=["api", "settings"],
            quiet=True,
        )
    except OSError as error:
        raise UserError(f"port {options.port}: {error}; choose another with --port") from None
    return page
