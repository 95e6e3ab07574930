"""The tab in a browser, with the shipped bundle: one server for all tests."""

import shutil
import socket

import pytest

from seq2edge.demo.components.link import View, encode
from seq2edge.demo.components.strings import ENGLISH, KOREAN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PREFIX = "#look-prefix textarea, #look-prefix input"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(shipped):
    """The tab as a page of its own."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    import gradio as gr

    from seq2edge.demo.panels.look_inside import look_inside
    from seq2edge.device.runners.load import load_runner

    words = gr.I18n(en=ENGLISH, ko=KOREAN)
    with gr.Blocks(analytics_enabled=False) as page:
        look_inside({"shipped": load_runner(shipped.path)}, words)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    font = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    page.queue().launch(server_port=port, i18n=words, theme=font, quiet=True, prevent_thread_lock=True)
    yield f"http://127.0.0.1:{port}"
    page.close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)


@pytest.fixture
def visit(address, browser):
    """Open the page; afterwards nothing may have failed or been asked of another host."""
    pages, wrong = [], []

    def open_page(fragment="", locale="en", width=1280):
        page = browser.new_page(locale=locale, viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda one: wrong.append(one.url) if not one.url.startswith((address, "data:")) else None)
        page.goto(address + fragment)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert wrong == []


def inspect(page, text):
    page.fill("#look-text textarea", text)
    page.click("#look-run")


def test_a_word_lights_up_what_it_looks_at_by_mouse_and_keyboard(visit):
    page = visit()
    inspect(page, "good morning")
    target = page.locator("#look-attention [data-pane=words] [data-side=target]")
    target.nth(2).hover()
    page.wait_for_selector("#look-attention .li-chip.li-on[data-side=target][data-place='2']")
    target.nth(1).focus()
    page.wait_for_selector("#look-attention .li-chip.li-on[data-side=target][data-place='1']")
    assert page.locator("#look-attention [data-pane=words] td.li-on").count() == 3
    page.get_by_role("button", name="Tokens").click()
    assert page.locator("#look-attention [data-pane=tokens] [data-side=source]").first.is_visible()
    assert not target.first.is_visible()


def test_a_node_of_the_tree_forces_its_text_by_click_and_by_enter(visit):
    page = visit()
    inspect(page, "good morning")
    page.get_by_role("tab", name="Beam").click()
    node = page.locator("#look-tree .li-node.li-kept[data-column='1']").first
    prefix = node.get_attribute("data-prefix")
    node.click()
    page.wait_for_function("([where, text]) => document.querySelector(where).value === text", arg=[PREFIX, prefix])
    page.wait_for_selector(f"#look-tree .li-node.li-winner[data-column='1'][data-prefix='{prefix}']")
    page.locator("#look-tree .li-node[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.column") == "1"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")  # the root forces nothing
    page.wait_for_function("where => document.querySelector(where).value === ''", arg=PREFIX)


def test_a_link_shows_the_same_again(visit):
    page = visit(encode(View("shipped", "good morning", {"beam": 1}, "")), locale="ko")
    page.wait_for_selector("#look-attention .li-chip")
    assert page.input_value("#look-text textarea") == "good morning"
    assert KOREAN["look_decided_model"] in page.inner_text("#look-summary")
    page.click("#look-copy")
    page.wait_for_function("document.querySelector('#look-link textarea, #look-link input').value.includes('#look=')")


def test_a_damaged_link_is_refused_in_the_language_of_the_reader(visit):
    page = visit("#look=AAAA", locale="ko")
    page.wait_for_selector(f"text={KOREAN['look_wrong_link']}")


def test_the_guard_shows_nothing_of_the_model(visit):
    page = visit()
    inspect(page, "I want to die")
    page.wait_for_selector(f"text={ENGLISH['look_decided_guard']}")
    assert page.locator(".li-chip, .li-node, .li-card, .li-sure").count() == 0


def test_hostile_text_is_shown_as_text_on_a_phone(visit):
    page = visit(width=360)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    inspect(page, "<img src=x onerror=alert(1)> {{value}} ${value}")
    page.wait_for_selector("#look-attention .li-chip")
    assert "<img" in page.inner_text("#look-attention [data-pane=words]")
    assert page.locator("#look-attention img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
