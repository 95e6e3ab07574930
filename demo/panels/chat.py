"""The panel for chats."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from seq2edge.demo.components.cards import card
from seq2edge.demo.feedback import FeedbackFile
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels import chat_changes as changes
from seq2edge.demo.panels.chat_replies import Replies
from seq2edge.demo.panels.panel import PRIVATE, QUIET, Explained, choice, status
from seq2edge.demo.settings import controls
from seq2edge.demo.talk import Talk
from seq2edge.demo.words import both, label, say
from seq2edge.device.shipped_bundle import SHIPPED

EXAMPLES = ("example_1", "example_2", "example_3", "example_4")
# Messages come from page.js, which empties the field when they are sent.
ARRIVED = "(...values) => { seq2edge.arrived(); return values; }"
READ = "(_, talk) => [seq2edge.kept(), talk]"
FORGET = "(...values) => { seq2edge.forget(); return values; }"
SEND = "(_, ...values) => [seq2edge.send(), ...values]"


@dataclass(frozen=True)
class Chat:
    """The components of the panel."""

    bundle: gr.Dropdown
    conversation: gr.Chatbot
    field: gr.Textbox
    send: gr.Button
    stop: gr.Button
    clear: gr.Button
    keep: gr.Checkbox
    card: gr.HTML
    settings: list[gr.Component]
    status: gr.HTML
    sent: gr.Textbox
    refused: gr.Textbox
    talk: gr.State
    kept: gr.Textbox
    asked: gr.State


def build_chat(shelf: Shelf, bundles: Sequence[Loaded], feedback: FeedbackFile | None) -> Explained:
    """Add the panel to the page that is being built."""
    with gr.Row(elem_classes="panel"):
        with gr.Column(scale=3, elem_classes=["work", "talk"]):
            conversation = _conversation(bundles[0], feedback is not None)
            line = status("chat-status")
            gr.HTML('<ol id="waiting"></ol>', elem_classes="bare")
            with gr.Row(elem_classes="composer"):
                field = gr.Textbox(
                    label=label("message"), placeholder=label("message_hint"), elem_id="message", max_lines=6, scale=5
                )
                send = gr.Button(label("send"), variant="primary", elem_id="send", scale=0, min_width=96)
                stop = gr.Button(label("stop"), elem_id="stop", scale=0, min_width=96)
            if feedback:
                gr.HTML(f'<p class="hint">{both("feedback_note")}</p>')
        with gr.Column(scale=1, min_width=240, elem_classes="side"):
            bundle = choice(bundles, "chat-bundle")
            facts = gr.HTML(card(bundles[0]))
            clear = gr.Button(label("clear"), size="md", elem_id="clear")
            keep = gr.Checkbox(True, label=label("keep_history"), elem_id="keep")
            with gr.Accordion(label("settings"), open=False, elem_id="chat-settings"):
                settings = controls(bundles, "chat")
    chat = Chat(
        **{"bundle": bundle, "conversation": conversation, "field": field, "send": send, "stop": stop, "clear": clear},
        **{"keep": keep, "card": facts, "settings": settings, "status": line, "asked": gr.State(None)},
        sent=gr.Textbox(visible="hidden"),
        refused=gr.Textbox(visible="hidden"),
        talk=gr.State(Talk(), time_to_live=3600),
        kept=gr.Textbox(visible="hidden"),
    )
    _listen(chat, Replies(shelf), feedback)
    return Explained(line, chat.asked)


def _conversation(first: Loaded, can_rate: bool) -> gr.Chatbot:
    """Return the conversation. If the bundled chat is the first one, it has its introduction and examples."""
    is_shipped = first.path == SHIPPED
    note = "greeting_note" if is_shipped else "greeting_note_other"
    return gr.Chatbot(
        label=label("conversation"),
        show_label=False,
        height="clamp(300px, calc(100dvh - 312px), 760px)",
        elem_id="conversation",
        buttons=["copy", "copy_all"],
        render_markdown=False,
        latex_delimiters=[],
        allow_tags=False,
        editable="user",
        feedback_options=("Like", "Dislike") if can_rate else None,
        placeholder=f'<div class="greeting"><p>{both("greeting")}</p><p>{both(note)}</p></div>',
        examples=[{"text": say(key, "en")} for key in EXAMPLES] if is_shipped else None,
    )


def _listen(chat: Chat, replies: "Replies", feedback: FeedbackFile | None) -> None:
    """Connect the components."""
    shown = [chat.conversation, chat.status, chat.kept, chat.asked]
    asked = [chat.talk, chat.keep, chat.bundle, *chat.settings]
    sent = chat.send.click(
        replies.add,
        [chat.sent, chat.conversation, chat.talk],
        [chat.conversation, chat.status, chat.refused],
        js=SEND,
        queue=False,
        **QUIET,
    )
    sent.failure(None, js="() => seq2edge.failed()", **PRIVATE)
    sent.success(None, chat.refused, None, js="(texts) => seq2edge.refused(texts)", **PRIVATE)
    answered = sent.success(replies.answer_all, asked, shown, js=ARRIVED, **QUIET)
    answered.then(None, js="() => seq2edge.done()", **PRIVATE)
    picked = chat.conversation.example_select(changes.pick, chat.talk, chat.conversation, queue=False, **QUIET)
    picked.success(replies.answer_all, asked, shown, **QUIET)
    for event, change in ((chat.conversation.retry, changes.retry), (chat.conversation.edit, changes.edit)):
        changed = event(change, chat.talk, chat.conversation, queue=False, **QUIET)
        changed.then(replies.answer_all, asked, shown, **QUIET)
    chat.conversation.undo(
        changes.undo,
        [chat.talk, chat.keep, chat.field],
        [chat.conversation, chat.field, chat.kept],
        queue=False,
        **QUIET,
    )
    chat.stop.click(changes.stop, chat.talk, chat.conversation, queue=False, **QUIET)
    cleared = [chat.clear.click, chat.conversation.clear]
    gr.on(cleared, changes.clear, [chat.talk, chat.keep], shown, js=FORGET, queue=False, **QUIET)
    chat.kept.change(None, chat.kept, None, js="(kept) => seq2edge.keep(kept)", **PRIVATE)
    chat.keep.input(changes.saved, [chat.talk, chat.keep], chat.kept, queue=False, **QUIET)
    chat.bundle.change(replies.choose, chat.bundle, [chat.card, *chat.settings], queue=False, **QUIET)
    opened = gr.context.Context.root_block.load
    seen = [chat.conversation, chat.keep]
    restored = opened(changes.restore, [chat.kept, chat.talk], seen, js=READ, queue=False, **QUIET)
    restored.then(None, js="() => seq2edge.ready()", **PRIVATE)
    if feedback:
        rate = changes.Rating(replies.shelf, feedback)
        chat.conversation.like(rate, [chat.talk, chat.bundle], chat.status, queue=False, **QUIET)
