"""The panel that looks inside an answer, in a browser."""

import pytest

from seq2edge.demo.components.link import View, encode
from seq2edge.demo.words import say

PREFIX = "#look-prefix textarea, #look-prefix input"
GREETING = encode(View("quickstart", "good morning", {"beam": 5}))
pytestmark = pytest.mark.browser


def test_a_word_highlights_its_attention_by_mouse_and_keyboard(visit):
    page = visit(fragment=GREETING).page
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
    page = visit(fragment=GREETING).page
    page.get_by_role("tab", name="Beam", exact=True).click()
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


def test_a_reply_is_explained_with_the_previous_one_and_a_link_restores_it(visit):
    one = visit("ko")
    for text, reply in (("tell me a joke", "Why was the decoder calm?"), ("another one", "impasta")):
        one.say(text)
        one.expect(reply)
    one.page.click("#chat-status .why")
    one.expect("impasta", "#look-summary .li-said")
    one.page.click("#look-copy")
    one.page.wait_for_function(
        "document.querySelector('#look-link textarea, #look-link input').value.includes('#look=')"
    )
    link = one.page.input_value("#look-link textarea, #look-link input")
    one.page.evaluate("link => { location.href = link }", link)  # the page is open already
    one.page.wait_for_load_state()
    one.expect("impasta", "#look-summary .li-said")
    assert one.page.input_value("#look-text textarea") == "another one"
    assert one.page.input_value("#look-previous textarea").startswith("Why was the decoder calm?")
    assert say("look_decided_follow_up", "ko") in one.page.inner_text("#look-summary")


def test_a_damaged_link_is_refused_in_the_language_of_the_reader(visit):
    one = visit("ko", fragment="#look=AAAA")
    one.expect(say("look_wrong_link", "ko"), "#look-summary")


def test_the_guard_shows_nothing_of_the_model(visit):
    one = visit()
    one.open("Look inside")
    one.page.fill("#look-text textarea", "I want to die")
    one.page.click("#look-run")
    one.expect(say("look_decided_guard", "en"), "#look-summary")
    assert one.page.locator(".li-chip, .li-node, .li-card, .li-sure").count() == 0


def test_markup_in_a_text_is_shown_as_text_on_a_phone(visit):
    page = visit(width=360, fragment=encode(View("quickstart", "<img src=x onerror=alert(1)> {{value}} ${value}"))).page
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.wait_for_selector("#look-attention .li-chip")
    assert "<img" in page.inner_text("#look-attention [data-pane=words]")
    assert page.locator("#look-attention img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
