"""The panels other than the chat, in a browser."""

import pytest

pytestmark = pytest.mark.browser
TEXT = "the cold river is here"


# Opens something, and sets a field in it at the worst moment at which it is to be seen: just before Gradio, which waits
# for a frame by a promise, sets it to its first value; else as soon as it is there.
SET_AT_ONCE = """([opener, where, value]) => new Promise(done => {
  const frame = window.requestAnimationFrame.bind(window);
  let isWritten = false, isSet = false;
  const set = () => {
    const field = document.querySelector(where);
    if (isSet || !field) return;
    isWritten = true;
    if (!field.checkVisibility({visibilityProperty: true})) return;
    field.value = value;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    isSet = true;
  };
  const watch = () => { if (isWritten) set(); isSet ? done() : frame(watch) };
  window.requestAnimationFrame = callback => frame(time => {
    if (String(callback).includes('[native code]')) set();
    callback(time);
  });
  document.querySelector(opener).click();
  watch();
})"""


@pytest.fixture
def translator(visit):
    def make(*arguments):
        one = visit(*arguments)
        one.open("번역" if arguments else "Translate")
        one.page.fill("#translation-source textarea", TEXT)
        one.page.wait_for_function("document.querySelector('#translation-target textarea').value == 'river cold'")
        return one

    return make


def test_a_translation_is_explained_and_bundle_or_beam_can_be_changed(translator):
    page = translator("ko", 360).page
    page.click("#translation-status .why")
    page.wait_for_selector("#look-attention .li-chip:visible")
    assert page.input_value("#look-text textarea") == TEXT
    assert page.input_value("#look-bundle input") == "there"
    assert page.input_value("#look-beam input[type=number]") == "1"
    assert "river" in page.inner_text("#look-attention [data-side=target] >> nth=0")
    assert not page.locator("#look-previous").is_visible()
    assert page.locator("#look-attention table:visible").count() == 0
    page.fill("#look-beam input[type=number]", "5")
    page.get_by_role("tab", name="빔", exact=True).click()
    page.wait_for_selector("#look-tree .li-node.li-kept")
    page.click("#look-bundle input")
    page.get_by_role("option", name="quickstart").click()
    page.wait_for_selector("#look-previous")
    page.wait_for_function("!document.querySelector('#look-summary').innerText.includes('river cold')")


def test_another_answer_and_the_reverse_direction_can_be_chosen(translator):
    one = translator()
    one.page.click("#translation-settings button")
    one.page.fill("#translation-beam input[type=number]", "5")
    one.page.press("#translation-beam input[type=number]", "Tab")
    others = one.page.locator("#translation-others .answer")
    others.nth(1).wait_for()
    second = others.nth(1).inner_text()
    others.nth(1).click()
    one.page.wait_for_function(f"document.querySelector('#translation-target textarea').value == {second!r}")
    one.page.click("#translation-swap")
    one.expect("back", ".card:visible h2")
    assert one.page.input_value("#translation-source textarea") == second


def test_a_setting_changed_as_soon_as_it_is_visible_is_kept(translator):
    page = translator().page
    page.get_by_role("tab", name="Chat", exact=True).click()
    page.click("#chat-settings button")  # the browser has the code of sliders now, and shows others without delay
    page.wait_for_selector("#chat-beam input[type=number]")
    page.get_by_role("tab", name="Translate", exact=True).click()
    page.evaluate(SET_AT_ONCE, ["#translation-settings button", "#translation-beam input[type=number]", "5"])
    page.locator("#translation-others .answer").nth(1).wait_for()
    assert page.input_value("#translation-beam input[type=number]") == "5"


def test_a_file_is_answered_line_by_line(translator, tmp_path):
    one = translator()

    def send(path):
        with one.page.expect_file_chooser() as chooser:
            one.page.click("#translation-file")
        chooser.value.set_files(path)

    (tmp_path / "texts.txt").write_text("the red stone is here\n\nthe old song is here\n", encoding="utf-8")
    send(tmp_path / "texts.txt")
    one.expect("3 lines done", "#translation-file-status")
    with one.page.expect_download() as download:
        one.page.click("#translation-download")
    assert download.value.path().read_text(encoding="utf-8") == "stone red\n\nsong old\n"
    (tmp_path / "<img src=x>.txt").write_bytes(b"\xff\xfe\x00")
    send(tmp_path / "<img src=x>.txt")
    one.expect("not a plain text file", "#translation-file-status")


def test_binary_and_large_files_are_refused_in_the_language_of_the_reader(visit, tmp_path):
    one = visit("ko")
    one.open("번역")
    files = {"a.png": b"\x89PNG", "b.txt": b"a" * 2_100_000, "c.txt": b"a\n" * 1_001}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with one.page.expect_file_chooser() as chooser:
            one.page.click("#translation-file")
        chooser.value.set_files(tmp_path / name)
    one.expect("a.png: 텍스트 파일만 받을 수 있어요", ".toast-body")
    one.expect("파일이 너무 커요. 2.0 Mb까지", ".toast-body")
    one.expect("1,001줄이에요", "#translation-file-status")


def test_labels_are_shown_as_bars(visit):
    one = visit()
    one.open("Classify")
    one.page.fill("#classification-source textarea", TEXT)
    one.expect("cold", "#classification-labels .bars li:first-child")
    one.expect("cold", "#classification-looked .chips")
    assert one.page.locator("#classification-status .why").count() == 0


def test_compare_answers_a_text_with_all_bundles_of_a_task(visit):
    one = visit()
    one.open("Compare")
    one.page.locator("#compare-text textarea").fill(TEXT)
    one.page.click("#compare")
    one.expect("river cold", ".compared")
    assert one.page.locator(".compared tbody tr").count() == 2
    assert "MB" in one.page.inner_text(".compared")
