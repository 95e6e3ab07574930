"""The web page: tabs for chats, whose replies appear as they grow, for labels, and for texts with their attention."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Gradio reads it when it is imported. Without it, Gradio reports every start of the page to its makers.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from seq2edge.demo.heatmap import STYLE, heatmap
from seq2edge.demo.settings import SHOWN, control
from seq2edge.demo.words import ENGLISH, KOREAN
from seq2edge.device.conversation import Conversation
from seq2edge.device.errors import UserError
from seq2edge.device.result import Result
from seq2edge.device.runners.interface import Runner
from seq2edge.device.runners.load import load_runner
from seq2edge.device.tasks import TASKS

LABELS_SHOWN = 5
PAGE_STYLE = (
    STYLE
    + """
.gradio-container { max-width: 860px !important; width: 100%; margin: auto; }
footer { display: none !important; }
@media (max-width: 480px) { .gradio-container { padding: 8px !important; } }
"""
)


def build(runners: dict[str, Runner[Any]], words: Any) -> gr.Blocks:
    """Build the page.

    Args:
        runners: By the names that users choose from.
        words: Returns the text of a key of `words.ENGLISH` in the user's language.
    """
    tasks = {name: TASKS[runner.manifest.task] for name, runner in runners.items()}
    chats = [name for name, task in tasks.items() if task.is_conversation]
    classifiers = [name for name, task in tasks.items() if task.target == "label"]
    others = [name for name in runners if name not in (*chats, *classifiers)]
    with gr.Blocks(title="seq2edge", analytics_enabled=False) as page:
        gr.Markdown(words("title"))
        with gr.Tabs():
            if chats:
                with gr.Tab(words("chat")):
                    _chat_tab(runners, chats, words)
            if classifiers:
                with gr.Tab(words("classify")):
                    _label_tab(runners, classifiers, words)
            if others:
                with gr.Tab(words("translate")):
                    _translation_tab(runners, others, words)
    return page


def _chat_tab(runners: dict[str, Runner[Any]], names: Sequence[str], words: Any) -> None:
    chosen = gr.Dropdown(list(names), value=names[0], label=words("bundle"), visible=len(names) > 1)
    conversation = gr.Chatbot(label=words("conversation"), height=420, elem_id="conversation")
    with gr.Row():
        message = gr.Textbox(show_label=False, placeholder=words("message"), scale=5, elem_id="message", max_lines=4)
        send = gr.Button(words("send"), variant="primary", scale=1, min_width=80, elem_id="send")
    clear = gr.Button(words("clear"), size="sm", variant="secondary")
    previous = gr.State("")  # what the next message may refer to

    def reply(
        text: str, history: list[dict[str, Any]], name: str, previous: str
    ) -> Iterator[tuple[str, list[dict[str, Any]], str]]:
        if not text.strip():
            yield "", history, previous
            return
        history = [*history, {"role": "user", "content": text}, {"role": "assistant", "content": ""}]
        yield "", history, previous
        for growing, new_previous in _turn(Conversation(runners[name], previous), text):
            history[-1] = {"role": "assistant", "content": growing}
            yield "", history, new_previous

    inputs = [message, conversation, chosen, previous]
    gr.on([send.click, message.submit], reply, inputs, [message, conversation, previous], api_name="chat")
    clear.click(lambda: ([], ""), None, [conversation, previous], api_name=False)


def _translation_tab(runners: dict[str, Runner[Any]], names: Sequence[str], words: Any) -> None:
    chosen = gr.Dropdown(list(names), value=names[0], label=words("bundle"), visible=len(names) > 1)
    source = gr.Textbox(label=words("source"), lines=3, elem_id="source")
    settings = [control(option, words(option), [runners[name].manifest for name in names]) for option in SHOWN]
    go = gr.Button(words("go"), variant="primary", elem_id="go")
    target = gr.Textbox(label=words("target"), lines=3, elem_id="target", interactive=False)
    gr.Markdown(words("attention"))
    attention = gr.HTML(elem_id="attention")

    def translate(text: str, name: str, *values: Any) -> tuple[str, str]:
        result = _answer(runners[name], text, **dict(zip(SHOWN, values, strict=True)))
        return result.text, _heatmaps(result)

    gr.on([go.click, source.submit], translate, [source, chosen, *settings], [target, attention], api_name="translate")


def _label_tab(runners: dict[str, Runner[Any]], names: Sequence[str], words: Any) -> None:
    chosen = gr.Dropdown(list(names), value=names[0], label=words("bundle"), visible=len(names) > 1)
    text = gr.Textbox(label=words("source"), lines=3, elem_id="text")
    go = gr.Button(words("go"), variant="primary", elem_id="classify")
    label = gr.Label(label=words("label"), elem_id="label")
    attention = gr.HTML(elem_id="label-attention")

    def classify(text: str, name: str) -> tuple[dict[str, float], str]:
        result = _answer(runners[name], text, n_best=LABELS_SHOWN)
        return dict(result.alternatives), _heatmaps(result)

    gr.on([go.click, text.submit], classify, [text, chosen], [label, attention], api_name="classify")


def _answer(runner: Runner[Any], text: str, **options: Any) -> Result:
    """The whole answer; a mistake of the user's is shown above the page."""
    try:
        return runner.run(text, **options)
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _heatmaps(result: Result) -> str:
    """The attention of each part of an answer as HTML; empty if the model has none."""
    return "".join(
        heatmap(part.source_tokens, part.target_tokens, part.attention)
        for part in result.parts
        if part.attention is not None
    )


def _turn(chat: Conversation, text: str) -> Iterator[tuple[str, str]]:
    """The growing answer, with what the next message may refer to; a mistake of the user's is answered within the
    conversation."""
    try:
        if chat.runner.has_memory:
            yield chat(text).text, chat.previous
        else:
            yield from ((growing, "") for growing in chat.runner.stream(text))
    except UserError as error:
        yield f"({error})", chat.previous


def load(bundles: Sequence[Path]) -> dict[str, Runner[Any]]:
    """Load bundles; runners by the names of their folders."""
    return {path.resolve().name: load_runner(path) for path in bundles}


def serve(bundles: Sequence[Path], host: str = "127.0.0.1", port: int = 7860, block: bool = True) -> gr.Blocks:
    """Load the bundles and serve the page until Ctrl-C.

    Raises:
        UserError: If a bundle cannot be read or the port is in use.
    """
    words = gr.I18n(en=ENGLISH, ko=KOREAN)
    page = build(load(bundles), words)
    try:
        page.queue().launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=not block,
            css=PAGE_STYLE,
            theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
            i18n=words,
            quiet=not block,
        )
    except OSError as error:
        raise UserError(f"port {port}: {error}; choose another with --port") from None
    return page
