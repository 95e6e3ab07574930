import shutil
import socket

import pytest

from seq2edge.demo.heatmap import heatmap

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def test_the_heatmap_is_a_table_with_the_weights_as_colours():
    page = heatmap(["▁a", "<b>"], ["▁x"], [[0.25, 0.75]])
    assert page.count("<td") == 2
    assert "0.750" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


@pytest.fixture(scope="module")
def address(bundles, classifier_bundles, tmp_path_factory, change_manifest):
    """The page over a chat bundle, a classifier and a translation bundle."""
    from seq2edge.demo.app import serve

    chat = shutil.copytree(bundles / "none", tmp_path_factory.mktemp("demo") / "chat")
    change_manifest(chat, task="chat")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    labels = classifier_bundles / "none"
    page = serve([chat, labels, bundles / "int8"], port=port, block=False)
    yield f"http://127.0.0.1:{port}"
    page.close()


@pytest.fixture
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["wide", "phone"])
def test_a_message_is_answered_and_attention_is_shown(address, browser, size, tmp_path_factory):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="en")
    page.goto(address)
    page.fill("#message textarea", "the red stone is here")
    page.press("#message textarea", "Enter")
    page.wait_for_selector("#conversation >> text=stone red")
    page.get_by_role("tab", name="Translate").click()
    page.fill("#source textarea", "the cold river is here")
    page.click("#go")
    page.wait_for_selector("#attention table")
    assert page.input_value("#target textarea") == "river cold"
    assert page.locator("#attention td").count() > 4
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.screenshot(path=str(tmp_path_factory.getbasetemp() / f"demo-{size[0]}.png"))


@pytest.mark.browser
def test_a_text_gets_labels_with_probabilities(address, browser):
    page = browser.new_page(locale="en")
    page.goto(address)
    page.get_by_role("tab", name="Classify").click()
    page.fill("#text textarea", "the cold river is here")
    page.click("#classify")
    page.wait_for_selector("#label >> text=cold")
    page.wait_for_selector("#label-attention table")
    assert "%" in page.inner_text("#label")


@pytest.mark.browser
def test_the_page_speaks_korean_to_a_korean_browser(address, browser):
    page = browser.new_page(locale="ko")
    page.goto(address)
    page.wait_for_selector("text=보내기")


@pytest.mark.browser
def test_what_the_user_did_wrong_is_said_in_the_conversation(address, browser):
    page = browser.new_page(locale="en")
    page.goto(address)
    page.fill("#message textarea", "a" * 30_000)
    page.click("#send")
    page.wait_for_selector("#conversation >> text=30,000 characters, allowed are")


def test_each_bundle_is_in_the_tab_of_its_task(bundles, classifier_bundles):
    from seq2edge.demo.app import build, load
    from seq2edge.demo.words import ENGLISH

    page = build(load([classifier_bundles / "int8", bundles / "none"]), ENGLISH.get)
    found = {function.api_name: function for function in page.fns.values()}
    assert found.keys() == {"classify", "translate"}
    labels, table = found["classify"].fn("the cold river is here", "int8")
    assert next(iter(labels)) == "cold"
    assert list(labels.values()) == sorted(labels.values(), reverse=True)
    assert "<td" in table
