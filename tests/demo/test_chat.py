"""A conversation on the page."""

import json
import time

import pytest

from seq2edge.demo.app import DemoOptions, serve

pytestmark = pytest.mark.browser
HOSTILE = (
    "![img](http://example.com/x.png) <script>alert(1)</script> <img src=x onerror=alert(2)> # a **b** $$x^2$$ &lt;"
)


def test_replies_refer_to_the_previous_one_and_show_their_confidence(visit):
    one = visit("ko", 360)
    one.page.get_by_role("button", name="Tell me a joke").click()
    one.expect("Why was the decoder calm?")
    one.say("another one")
    one.expect("impasta")
    status = one.page.inner_text("#chat-status")
    assert "4.9 MB" in status
    assert "확신" in status
    assert one.page.get_attribute("#chat-status", "role") == "status"


def test_sent_messages_are_answered_and_typed_text_is_kept(visit):
    one = visit()
    for text in ("hello", "tell me a joke", "another one"):
        one.say(text)
    one.page.fill("#message textarea", "my next message")
    one.expect("impasta")
    assert one.page.locator("#conversation .user.message").all_inner_texts() == [
        "hello",
        "tell me a joke",
        "another one",
    ]
    assert one.page.input_value("#message textarea") == "my next message"


def test_enter_during_composition_does_not_send(visit):
    page = visit("ko").page
    page.fill("#message textarea", "안녕")
    page.evaluate(
        "document.querySelector('#message textarea').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(300)
    assert page.input_value("#message textarea") == "안녕"


def test_markup_in_a_message_is_shown_and_edited_as_typed(visit):
    one = visit()
    one.say(HOSTILE)
    one.expect("I am not sure I understood")
    shown = one.page.locator("#conversation .user.message").inner_text()
    assert shown.replace("\u2060", "") == HOSTILE
    assert one.page.locator("#conversation .message img, #conversation .message script").count() == 0
    one.page.get_by_role("button", name="Undo").click()
    one.page.wait_for_function("document.querySelector('#message textarea').value")
    assert one.page.input_value("#message textarea") == HOSTILE


def test_the_conversation_is_kept_until_it_is_cleared_or_keeping_is_turned_off(visit):
    one = visit()
    one.say("hello")
    one.expect("good to hear from you")
    one.page.wait_for_timeout(300)
    one.page.reload()
    one.expect("good to hear from you")
    one.page.click("#clear")
    one.expect("What shall we talk about?")
    one.page.uncheck("#keep input")
    one.say("hello")
    one.expect("good to hear from you")
    one.page.wait_for_timeout(300)
    one.page.reload()
    one.page.wait_for_selector("#keep input:not(:checked)")
    one.expect("What shall we talk about?")


def test_two_tabs_keep_the_turns_of_both(visit, another_tab):
    def turns(one):
        return one.page.locator("#conversation .user.message").all_inner_texts()

    first = visit()
    second = another_tab(first)
    for one, text, reply in (
        (first, "hello", "good to hear from you"),
        (second, "tell me a joke", "decoder calm"),
        (second, "another one", "impasta"),
        (first, "thank you", "welcome"),
    ):
        one.say(text)
        one.expect(reply)
        one.page.wait_for_timeout(300)
    assert turns(first) == ["hello", "thank you"]
    third = another_tab(first)
    third.expect("welcome")
    assert turns(third) == ["hello", "tell me a joke", "another one", "thank you"]
    second.page.uncheck("#keep input")
    first.page.wait_for_selector("#keep input:not(:checked)")
    third.page.wait_for_selector("#keep input:not(:checked)")
    fourth = another_tab(first)
    fourth.expect("What shall we talk about?")
    assert not fourth.page.is_checked("#keep input")
    fourth.page.click("#clear")
    fourth.page.wait_for_timeout(500)
    assert not any(one.page.is_checked("#keep input") for one in (first, second, third, fourth))


def test_a_reply_can_be_retried_and_a_message_edited(visit):
    one = visit()
    one.say("tell me a joke")
    one.expect("Why was the decoder calm?")
    one.page.get_by_role("button", name="Retry").click()
    one.page.wait_for_function("!document.querySelector('#conversation').innerText.includes('decoder calm')")
    one.page.locator("#conversation .user.message").hover()
    one.page.get_by_role("button", name="Edit").click()
    one.page.fill("#conversation textarea", "hello")
    one.page.get_by_role("button", name="Submit").click()
    one.expect("good to hear from you")
    assert one.page.locator("#conversation .user.message").all_inner_texts() == ["hello"]


def test_a_growing_reply_can_be_stopped(visit, monkeypatch):
    from seq2edge.demo.panels import chat_replies

    def slowly(*_, **__):
        for length in range(1, 200):
            time.sleep(0.05)
            yield " ".join(["word"] * length)

    monkeypatch.setattr(chat_replies, "growing", slowly)
    one = visit()
    one.page.get_by_label("Model").first.click()
    one.page.get_by_role("option", name="parrot").click()
    one.say("the red stone is here")
    one.expect("word word word")
    one.say("the next message")
    one.expect("the next message", "#waiting")
    one.page.click("#stop")
    one.page.wait_for_function("!document.body.classList.contains('busy')")


def test_a_text_that_is_too_long_is_put_back_into_the_field(visit):
    one = visit("ko")
    one.page.fill("#message textarea", "가" * 30_000)
    one.page.click("#send")
    one.expect("30,000자예요", "#chat-status")
    one.page.wait_for_timeout(500)
    one.expect("30,000자예요", "#chat-status")
    assert len(one.page.input_value("#message textarea")) == 30_000


def test_messages_do_not_add_components_to_a_session(visit, served_page):
    def components():
        *_, session = served_page.state_holder.session_data.values()
        return len(session.blocks_config.blocks)

    one = visit()
    one.say("hello")
    one.expect("good to hear from you")
    before = components()
    one.say("tell me a joke")
    one.expect("Why was the decoder calm?")
    assert components() == before


def test_ratings_are_saved_except_for_replies_of_the_guard(visit, ratings):
    one = visit()
    one.expect("saves your message", "#tabs")
    one.say("hello")
    one.expect("good to hear from you")
    one.page.get_by_role("button", name="Like", exact=True).click()
    one.expect("your rating is saved", "#chat-status")
    one.page.get_by_role("button", name="Dislike").click()
    one.page.wait_for_timeout(500)
    one.say("I want to die")
    one.expect("988")
    one.page.get_by_role("button", name="Like", exact=True).last.click()
    one.expect("not saved", "#chat-status")
    liked, disliked = map(json.loads, ratings.read_text(encoding="utf-8").splitlines())
    assert liked == {
        **{"source": "hello", "target": "Hello! It is good to hear from you."},
        **{"rating": "like", "bundle": "quickstart"},
    }
    assert (disliked["target"], disliked["rejected"]) == ("", liked["target"])


def test_messages_sent_while_the_server_is_away_are_answered_later(visit):
    one = visit()
    one.page.route("**/gradio_api/**", lambda route: route.abort())
    one.say("hello")
    one.page.wait_for_selector("#offline.away", timeout=3_500)
    one.say("tell me a joke")
    one.page.unroute("**/gradio_api/**")
    one.expect("Why was the decoder calm?")
    assert one.page.locator("#conversation .user.message").all_inner_texts() == ["hello", "tell me a joke"]
    one.errors.clear()  # the browser reports each request that failed


def test_a_restarted_server_continues_the_conversation(visit, shipped, free_port):
    options = DemoOptions(port=free_port())
    served = serve([shipped.path], options, block=False)
    one = visit(at=f"http://127.0.0.1:{options.port}")
    one.say("hello")
    one.expect("good to hear from you")
    served.close()
    one.page.wait_for_selector("#offline.away", timeout=3_500)
    one.say("tell me a joke")
    one.page.fill("#message textarea", "not sent")
    served = serve([shipped.path], options, block=False)
    one.expect("decoder calm")
    assert one.page.locator("#conversation .user.message").all_inner_texts() == ["hello", "tell me a joke"]
    assert one.page.input_value("#message textarea") == "not sent"
    one.errors.clear()  # the browser reports each request that failed
    served.close()


def test_a_busy_server_says_so_and_answers_later(visit):
    one = visit("ko")
    full = {"status": 503, "content_type": "application/json", "body": '{"detail": "Queue is full."}'}
    one.page.route("**/queue/join*", lambda route: route.fulfill(**full))
    one.say("tell me a joke")
    one.expect("지금 이용자가 많아요", ".toast-body")
    one.page.unroute("**/queue/join*")
    one.expect("Why was the decoder calm?")
    one.errors.clear()  # the browser reports each request that failed
