"""Takes the screenshots of the demo in docs/.

    python benchmarks/demo_pictures.py                      # docs/demo-*.png
    python benchmarks/demo_pictures.py --models /tmp/made   # keeps the models for the next time

Needs the extras train, demo and dev, and Chromium. The pictures show the bundled chat and the recipes `intents`,
`phrases-ko-en` and `phrases-en-ko`. All data is from this repository (CC0-1.0). Training takes hours, so the folder of
models may have runs of these recipes in `runs`.
"""

import argparse
import shutil
import socket
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from seq2edge.demo.app import DemoOptions, serve
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.export.bundle import bundle_name, export_bundle
from seq2edge.export.options import ExportOptions, Quantization
from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

DOCS = Path(__file__).resolve().parents[1] / "docs"
COLOURS = 250  # number of colours in a picture, which keeps the file small
DESKTOP = {"locale": "en", "viewport": {"width": 1180, "height": 860}}
PHONE = {"locale": "ko", "viewport": {"width": 360, "height": 640}, "device_scale_factor": 1.5, "color_scheme": "dark"}

MODELS: tuple[tuple[str, Quantization], ...] = (
    ("phrases-en-ko", "int8"),
    ("phrases-en-ko", "none"),
    ("phrases-ko-en", "int8"),
    ("intents", "int8"),
)


def make_models(folder: Path) -> list[Path]:
    """Return the bundles for the pictures. Missing ones are trained."""
    folder.mkdir(parents=True, exist_ok=True)
    return [SHIPPED, *(make_bundle(name, folder, ExportOptions(quantization)) for name, quantization in MODELS)]


def make_bundle(recipe: str, folder: Path, options: ExportOptions) -> Path:
    """Return the bundle of a recipe. It is trained if it is missing."""
    path = folder / "runs" / recipe
    run = Run.open(path) if path.is_dir() else train(load_recipe(find_recipe(recipe)), path, TrainOptions(quiet=True))
    bundle = folder / bundle_name(run, options)
    if not bundle.is_dir():
        export_bundle(run, bundle, options, tell=lambda line: None)
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
    ask(page, "Translate", "#translation-source", "I lost my passport; where is the embassy?")
    page.click("#translation-settings button")
    page.fill("#translation-beam input[type=number]", "5")
    page.wait_for_selector("#translation-others .answer >> nth=2")
    page.click("#translation-settings button")


def classify_picture(page: Page) -> None:
    ask(page, "Classify", "#classification-source", "could you tell me something funny?")
    page.wait_for_selector("#classification-labels .bars")


def compare_picture(page: Page) -> None:
    ask(page, "Compare", "#compare-text", "Is there a pharmacy near the station?")
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
