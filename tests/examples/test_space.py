"""The Hugging Face space starts the demo with the installed bundle."""

import runpy
import tomllib
from pathlib import Path

import gradio as gr

ROOT = Path(__file__).parents[2]
SPACE = ROOT / "examples" / "space"


def test_the_app_builds_the_page_and_listens_on_all_interfaces(shipped, monkeypatch):
    launched = {}
    monkeypatch.setattr(gr.Blocks, "launch", lambda page, **settings: launched.update(settings, page=page))
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda page: launched.update(blocks=True))
    runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert (launched["server_name"], launched["server_port"]) == ("0.0.0.0", 7860)
    assert launched["blocks"]
    kinds = {type(block).__name__ for block in launched["page"].blocks.values()}
    assert {"Chatbot", "Textbox", "Button"} <= kinds


def test_the_description_names_the_app_and_a_supported_gradio():
    text = (SPACE / "README.md").read_text(encoding="utf-8")
    described = dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines())
    assert described["sdk"] == "gradio"
    assert (SPACE / described["app_file"]).is_file()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "gradio>=6,<7" in extras["demo"]
    assert described["sdk_version"].startswith("6.")
    assert (SPACE / "requirements.txt").read_text(encoding="utf-8") == "seq2edge[demo]\n"
