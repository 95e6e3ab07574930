"""Uploaded files: the time for a line, and how long files are kept."""

import shutil

import gradio as gr
import pytest
from gradio.route_utils import delete_files_created_by_app

from seq2edge.demo import answers
from seq2edge.demo.app import build
from seq2edge.demo.loading import load
from seq2edge.demo.panels.files import answer_line, written


@pytest.fixture
def shelf(shipped, tmp_path, change_manifest):
    """The installed model as a bundle of a task that answers files."""
    bundle = shutil.copytree(shipped.path, tmp_path / "translator")
    change_manifest(bundle, task="translation")
    return load([bundle])


def test_a_line_without_an_answer_in_time_is_empty(shelf, monkeypatch):
    (bundle,) = shelf.loaded
    assert answer_line(bundle, "good morning", {}) == "Good morning! I hope your day starts well."
    assert answer_line(bundle, "", {}) == ""
    monkeypatch.setattr(answers, "SECONDS", 0.0)
    assert answer_line(bundle, "good morning", {}) == ""


def test_files_are_deleted_within_two_hours(shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    page = build(shelf)
    seconds_between, age = page.delete_cache
    assert seconds_between + age <= 2 * 3600
    (button,) = (block for block in page.blocks.values() if isinstance(block, gr.DownloadButton))
    file = written(["Good morning!", ""], "texts-translator.txt", button.GRADIO_CACHE)
    assert file.read_text(encoding="utf-8") == "Good morning!\n\n"
    assert button.move_resource_to_block_cache(file) == str(file), "Gradio offers the file itself, not a copy"
    delete_files_created_by_app(page, age=3600)
    assert file.exists()
    delete_files_created_by_app(page, age=0)
    assert not file.exists()
