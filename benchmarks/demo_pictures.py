"""Takes the screenshots of the demo in docs/.

    python benchmarks/demo_pictures.py                      # docs/demo-*.png
    python benchmarks/demo_pictures.py --models /tmp/made   # keeps the models for the next time

Needs the extras train, demo and dev, and Chromium. The pictures show the bundled chat, the recipe `intents`, and small
translators trained on sentences from the template below. All data is from this repository (CC0-1.0). Training takes
minutes.
"""

import argparse
import itertools
import shutil
import socket
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from seq2edge.demo.app import DemoOptions, serve
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions, Quantization
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

DOCS = Path(__file__).resolve().parents[1] / "docs"
COLOURS = 250  # number of colours in a picture, which keeps the file small
DESKTOP = {"locale": "en", "viewport": {"width": 1180, "height": 860}}
PHONE = {"locale": "ko", "viewport": {"width": 360, "height": 640}, "device_scale_factor": 1.5, "color_scheme": "dark"}

ADJECTIVES = {"small": "작은", "large": "큰", "old": "오래된", "new": "새", "quiet": "조용한", "beautiful": "아름다운"}
NOUNS = {"house": "집이", "garden": "정원이", "river": "강이", "letter": "편지가", "song": "노래가", "stone": "돌이"}
NOUNS |= {"window": "창문이", "tree": "나무가", "boat": "배가", "lamp": "등이", "book": "책이", "bridge": "다리가"}
PLACES = {"here": "여기에", "over there": "저기에", "by the sea": "바닷가에", "in the village": "마을에"}
RECIPE = """
name = "{name}"
task = "translation"

[data]
licence = "CC0-1.0"
source_language = "{source}"
target_language = "{target}"

[[data.files]]
path = "pairs.tsv"
source = {source_column}
target = {target_column}

[tokenizer]
model_type = "unigram"
vocabulary = 343

[model]
units = 96
embedding = 64
source_length = 24
target_length = 24

[training]
epochs = 25
batch_size = 32
learning_rate = 0.005
warmup_steps = 20
tensorboard = false
"""


def pairs() -> Iterator[tuple[str, str]]:
    """Yield English sentences with their Korean translations."""
    for (adjective, adjective_ko), (noun, noun_ko), (place, place_ko) in itertools.product(
        ADJECTIVES.items(), NOUNS.items(), PLACES.items()
    ):
        yield f"the {adjective} {noun} is {place}", f"{adjective_ko} {noun_ko} {place_ko} 있어요"


def make_models(folder: Path) -> list[Path]:
    """Return the bundles for the pictures. Missing ones are trained."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{english}\t{korean}\n" for english, korean in pairs()]
    (folder / "pairs.tsv").write_text("".join(lines), encoding="utf-8")
    bundles = []
    for name, source, target, quantizations in (
        ("en-ko", 0, 1, ("int8", "none")),
        ("ko-en", 1, 0, ("int8",)),
    ):
        recipe = folder / f"{name}.toml"
        languages = dict(zip(("source", "target"), name.split("-"), strict=True))
        recipe.write_text(RECIPE.format(name=name, source_column=source, target_column=target, **languages), "utf-8")
        bundles += [make_bundle(recipe, folder, quantization) for quantization in quantizations]
    return [SHIPPED, *bundles, make_bundle(find_recipe("intents"), folder, "int8")]


def make_bundle(recipe: Path, folder: Path, quantization: Quantization) -> Path:
    """Return the bundle of a recipe. It is trained if it is missing."""
    run, bundle = folder / "runs" / recipe.stem, folder / f"{recipe.stem}-{quantization.replace('none', 'float32')}"
    if not run.is_dir():
        train(load_recipe(recipe), run, TrainOptions(recipe_folder=folder, quiet=True))
    if not bundle.is_dir():
        export_bundle(Run.open(run), bundle, ExportOptions(quantization), tell=lambda line: None)
    return bundle


def ask(page: Page, tab: str, place: str, text: str) -> None:
    """Open a tab and fill in a field."""
    page.get_by_role("tab", name=tab, exact=True).click()
    page.locator(f"{place} textarea").fill(text)


def chat(page: Page, *messages: str) -> None:
    """Send messages, one after the other."""
    for number, message in enumerate(messages, 1):
        page.fill("#message textarea", message)
        page.press("#message textarea", "Enter")
        page.wait_for_function(
            "count => document.querySelectorAll('#conversation .bot.message').length >= count", arg=number
        )
    page.wait_for_selector("#chat-status .facts")


def chat_picture(page: Page) -> None:
    chat(page, "심심해", "tell me a joke", "another one", "i had a fight with my best friend")


def phone_picture(page: Page) -> None:
    chat(page, "수수께끼 내 줘", "하나 더")


def inside_picture(page: Page) -> None:
    chat_picture(page)
    page.click("#chat-status .why")
    page.locator("#look-attention .li-chip").first.hover()


def beam_picture(page: Page) -> None:
    ask(page, "Look inside", "#look-text", "good morning")
    page.click("#look-run")
    page.wait_for_selector("#look-attention .li-chip")
    page.get_by_role("tab", name="Beam", exact=True).click()


def translate_picture(page: Page) -> None:
    ask(page, "Translate", "#translation-source", "the beautiful boat is by the sea")
    page.click("#translation-settings button")
    page.fill("#translation-beam input[type=number]", "5")
    page.wait_for_selector("#translation-others .answer >> nth=2")
    page.click("#translation-settings button")


def classify_picture(page: Page) -> None:
    ask(page, "Classify", "#classification-source", "could you tell me something funny?")
    page.wait_for_selector("#classification-labels .bars")


def compare_picture(page: Page) -> None:
    ask(page, "Compare", "#compare-text", "the small quiet boat is here")
    page.click("#compare")
    page.wait_for_selector(".compared")


def about_picture(page: Page) -> None:
    page.get_by_role("tab", name="About", exact=True).click()
    page.wait_for_selector(".abouts")


PICTURES = {
    **{"chat": (DESKTOP, chat_picture), "phone": (PHONE, phone_picture), "inside": (DESKTOP, inside_picture)},
    **{"beam": (DESKTOP, beam_picture), "translate": (DESKTOP, translate_picture)},
    **{"classify": (DESKTOP, classify_picture), "compare": (DESKTOP, compare_picture)},
    "about": (DESKTOP, about_picture),
}


def take(browser: Browser, address: str, name: str, folder: Path) -> None:
    """Take a screenshot, and save it with few colours."""
    settings, act = PICTURES[name]
    context = browser.new_context(**settings)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#message textarea")
    act(page)
    page.wait_for_timeout(1000)  # wait for animations to end
    picture = Image.open(BytesIO(page.screenshot(full_page=settings is DESKTOP)))
    picture.convert("RGB").quantize(COLOURS).save(folder / f"demo-{name}.png", optimize=True)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="folder for the models (default: a temporary one)")
    parser.add_argument("--output", type=Path, default=DOCS)
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=list(PICTURES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bundles = make_models(options.models or Path(temporary))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        served = serve(bundles, DemoOptions(port=port), block=False)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name in options.only:
                take(browser, f"http://127.0.0.1:{port}", name, options.output)
        served.close()


if __name__ == "__main__":
    main()
