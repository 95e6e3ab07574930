"""Prevents the page from requesting anything from other hosts, and removes references to them."""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio's page has inline scripts and styles, and evaluates strings as functions.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
PREVIEW = re.compile(
    rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>'
)  # Gradio's picture on GitHub, its name and its address


class OwnHostOnly:
    """Middleware that adds a Content-Security-Policy to every response, and removes Gradio's references to itself."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []  # the start of a response, which is held back until the length of the page is known
        page = bytearray()

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Content-Type-Options"] = "nosniff"
                if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                    held.append(message)
                    return
            if held and message["type"] == "http.response.body":
                page.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                body = PREVIEW.sub(b"", bytes(page))
                MutableHeaders(scope=held[0])["Content-Length"] = str(len(body))
                await send(held.pop())
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, changed)
