import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def demo_bundles(shipped, bundles, classifier_bundles, tmp_path_factory, change_manifest) -> list[Path]:
    """The shipped chat, two translators in one direction and one in the other, a chat that streams, a classifier, and
    a folder that is not a bundle."""
    folder = tmp_path_factory.mktemp("demo")

    def made(name, source, **manifest):
        path = shutil.copytree(bundles / source, folder / name)
        change_manifest(path, **manifest)
        return path

    return [
        shipped.path,
        made("there", "none", languages=["en", "de"]),
        made("there-int8", "int8", languages=["en", "de"]),
        made("back", "none", languages=["de", "en"]),
        made("parrot", "none", task="chat"),
        classifier_bundles / "int8",
        folder / "missing <img src=x onerror=alert(1)>",
    ]


@pytest.fixture(scope="session")
def free_port():
    """Find a free port."""

    def find():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return free.getsockname()[1]

    return find


@pytest.fixture(scope="session")
def ratings(tmp_path_factory) -> Path:
    """The file for ratings."""
    return tmp_path_factory.mktemp("ratings") / "ratings.jsonl"


@pytest.fixture(scope="session")
def served_page(demo_bundles, free_port, ratings) -> Iterator[Any]:
    """The page with the bundles."""
    from seq2edge.demo.app import DemoOptions, serve

    page = serve(demo_bundles, DemoOptions(port=free_port(), feedback=ratings), block=False)
    yield page
    page.close()


@pytest.fixture(scope="session")
def address(served_page) -> str:
    """The address of the page."""
    return served_page.local_url.rstrip("/")


@pytest.fixture(scope="session")
def chromium():
    """A headless browser."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)


class Visit:
    """A page in a separate browser, with its errors.

    Attributes:
        errors: Messages of the console.
        hosts: Hosts that got requests.
    """

    def __init__(self, context, address, fragment=""):
        self.page = context.new_page()
        self.context, self.errors, self.hosts = context, [], set()
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.set_default_timeout(10_000)
        self.page.goto(address + fragment)
        self.page.wait_for_selector("#look-text textarea" if fragment else "#message textarea")

    def say(self, text):
        """Send a message."""
        self.page.fill("#message textarea", text)
        self.page.press("#message textarea", "Enter")

    def expect(self, text, place="#conversation"):
        """Wait for a text."""
        self.page.locator(place, has_text=text).first.wait_for()

    def open(self, tab):
        """Choose a tab by its name."""
        self.page.get_by_role("tab", name=tab, exact=True).click()


@pytest.fixture
def opened():
    """The visits of a test. Fails if a visit had errors or sent requests to other hosts."""
    visits = []
    yield visits
    for one in visits:
        assert one.errors == []
        assert {host.split(":")[0] for host in one.hosts} == {"127.0.0.1"}
    for context in {one.context for one in visits}:
        context.close()


@pytest.fixture
def visit(chromium, address, opened):
    """Open the page in a separate browser."""

    def make(locale="en", width=1280, fragment="", at=address, **settings):
        context = chromium.new_context(locale=locale, viewport={"width": width, "height": 800}, **settings)
        opened.append(Visit(context, at, fragment))
        return opened[-1]

    return make


@pytest.fixture
def another_tab(address, opened):
    """Open the page in another tab of a visit."""

    def make(first):
        opened.append(Visit(first.context, address))
        return opened[-1]

    return make
