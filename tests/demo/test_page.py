"""The page in a browser: accessibility, languages, requests to other hosts, and a missing server."""

import re
from pathlib import Path

import axe_playwright_python
import pytest

from seq2edge.demo.components.link import View, encode

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TABS = {
    "en": ["Chat", "Translate", "Classify", "Look inside", "Compare", "About"],
    "ko": ["대화", "번역", "분류", "들여다보기", "비교", "소개"],
}
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", TABS)
def test_every_panel_is_accessible_and_fits(visit, locale, width):
    one = visit(locale, width)
    page = one.page
    one.expect({"en": "What shall we talk about?", "ko": "무슨 얘기를 할까요?"}[locale])
    assert page.locator("h1:visible").inner_text() == "seq2edge"
    assert page.evaluate("document.documentElement.lang") == locale
    for tab in TABS[locale]:
        one.open(tab)
        if tab == TABS[locale][0]:
            one.say("hello")
            one.expect("good to hear from you")
        elif tab in TABS[locale][1:3]:
            page.locator("textarea:visible:enabled").first.fill("the cold river is here")
            page.locator(".facts:visible").first.wait_for()
        refuse_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", TABS)
def test_the_charts_of_an_answer_are_accessible_and_fit(visit, locale, width):
    fragment = encode(View("there", "the cold river is here", {"beam": 5, "length_penalty": 1.4}))
    page = visit(locale, width, fragment).page
    page.wait_for_selector("#look-attention .li-chip")
    for tab in {"en": ("Attention", "Beam", "Next"), "ko": ("어텐션", "빔", "다음")}[locale]:
        page.get_by_role("tab", name=tab, exact=True).click()
        refuse_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# Texts and names of Gradio's components without a letter of Korean; what bundles, readers and models say is left out.
ENGLISH = """() => {
  const OTHERS = '[lang]:not(html), .html-container, .example-text, [data-testid=user], [data-testid=bot], option';
  const found = [];
  const add = (text, of) => /[a-z]{3}/i.test(text) && !/[가-힣]/.test(text) && of.checkVisibility() && found.push(text);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const of = texts.currentNode.parentElement;
    if (!of.closest(OTHERS + ', script, style, template')) add(texts.currentNode.data.trim(), of);
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
    for (const one of document.querySelectorAll(`[${name}]`)) {
      if (!one.closest('.html-container')) add(one.getAttribute(name), one);
    }
  }
  return [...new Set(found)];
}"""


def test_a_korean_page_has_no_english_text_of_gradio(visit):
    one = visit("ko")
    page = one.page
    page.fill("#message textarea", "안녕")
    page.press("#message textarea", "Enter")
    page.wait_for_selector("#chat-status .facts")
    page.click("#chat-settings button")
    page.locator("#conversation .user.message").hover()
    found = set()
    for tab in TABS["ko"]:
        one.open(tab)
        if tab == "번역":
            page.click("#translation-settings button")
            page.wait_for_selector("#translation-beam")
        found |= set(page.evaluate(ENGLISH))
    assert {text for text in found if not re.search(r"Top [kp]", text)} == set()


def refuse_barriers(page):
    """Fail if the page has accessibility problems, in light or in dark colours."""
    page.evaluate(AXE)
    for _ in ("light", "dark"):
        page.wait_for_timeout(400)  # colours change gradually
        found = page.evaluate("axe.run()")["violations"]
        barriers = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] != "minor"]
        assert barriers == []
        page.evaluate("document.body.classList.toggle('dark')")


def test_the_page_is_dark_if_the_visitor_prefers_it(visit):
    assert visit(color_scheme="dark").page.evaluate("document.body.classList.contains('dark')")


def test_headings_have_a_font_that_comes_with_the_page(visit):
    page = visit().page
    page.wait_for_function(
        "[...document.fonts].some(one => one.status === 'loaded' && /Source Serif/.test(one.family))"
    )
    assert "Source Serif" in page.eval_on_selector("h1", "title => getComputedStyle(title).fontFamily")


def test_the_page_can_be_installed_and_loads_from_no_other_host(visit, address):
    page = visit().page
    manifest = page.request.get(f"{address}/manifest.json").json()
    assert manifest["name"] == page.title() == "seq2edge"
    assert manifest["icons"][0]["type"] == "image/svg+xml"
    answer = page.request.get(address)
    assert "og:image" not in answer.text()
    assert "connect-src 'self'" in answer.headers["content-security-policy"]


def test_a_notice_is_shown_while_the_server_is_away(visit):
    one = visit("ko")
    one.page.fill("#message textarea", "아직 안 보낸 말")
    one.page.route("**/app_id", lambda route: route.abort())
    one.page.locator("#offline.away", has_text="서버가 응답하지 않아요").wait_for(timeout=3_500)
    one.page.unroute("**/app_id")
    one.page.wait_for_selector("#offline:not(.away)", state="attached", timeout=3_500)
    assert one.page.input_value("#message textarea") == "아직 안 보낸 말"
    one.errors.clear()  # the browser reports each request that failed


def test_a_bundle_that_cannot_be_loaded_has_a_card_with_the_reason(visit):
    failed = visit().page.locator("#failed")
    assert "bundle.json is missing" in failed.inner_text()
    assert "missing <img src=x onerror=alert(1)>" in failed.inner_text()
    assert failed.locator("img").count() == 0


def test_the_cards_show_data_scores_and_limits(visit):
    one = visit("ko")
    one.open("소개")
    for said in ("quickstart", "영어, 한국어", "CC0-1.0", "160토큰까지 읽어요", "정확 일치", "영어 → 독일어"):
        one.page.wait_for_function(f"document.querySelector('#about').innerText.includes({said!r})")
