"""Answers an uploaded text file line by line, and offers the result for download."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from seq2edge.demo.answers import RefusedError, answer
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.panels.panel import PRIVATE
from seq2edge.demo.settings import options_of
from seq2edge.demo.words import both, label

MOST_LINES = 1_000
BATCH = 16  # number of lines between updates of the progress


class Files:
    """The components for a file, added to the page that is being built.

    Args:
        name: Name of the task, used in the names of the components.
    """

    def __init__(self, name: str):
        with gr.Row(elem_classes="files"):
            self.upload = gr.UploadButton(label("file"), file_types=["text"], size="sm", elem_id=f"{name}-file")
            self.download = gr.DownloadButton(
                label("file_result"), visible=False, size="sm", elem_id=f"{name}-download"
            )
        self.status = gr.HTML("", elem_id=f"{name}-file-status", elem_classes="status-line")

    def listen(self, shelf: Shelf, asked: Sequence[gr.Component]) -> None:
        """Answer the lines of uploaded files.

        Args:
            shelf: The bundles.
            asked: The components of the bundle and of its settings.
        """

        def answered(path: str, key: str, *values: Any, progress: gr.Progress = gr.Progress()) -> tuple[Any, str]:  # noqa: B008
            try:
                lines = lines_of(Path(path))
            except RefusedError as refused:
                return gr.update(visible=False), refused.html()
            bundle = shelf[key]
            options, done = options_of(bundle, values), []
            for start in range(0, len(lines), BATCH):
                progress((start, len(lines)), unit="")
                done += [answer_line(bundle, line, options) for line in lines[start : start + BATCH]]
            file = written(done, f"{_safe(Path(path).stem)}-{_safe(key)}.txt", self.download.GRADIO_CACHE)
            said = f'<p class="facts">{both("file_done", lines=f"{len(lines):,}")}</p>'
            return gr.update(value=str(file), visible=True), said

        self.upload.upload(answered, [self.upload, *asked], [self.download, self.status], **PRIVATE)


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file.

    Raises:
        RefusedError: If it is not a text file, is empty or has too many lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError("mistake_file_kind", name=path.name) from None
    if "\0" in text:
        raise RefusedError("mistake_file_kind", name=path.name)
    if not text.strip():
        raise RefusedError("mistake_file_empty", name=path.name)
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        raise RefusedError("mistake_file_large", name=path.name, lines=f"{len(lines):,}", allowed=f"{MOST_LINES:,}")
    return [line.removesuffix("\r") for line in lines]


def answer_line(bundle: Loaded, line: str, options: dict[str, Any]) -> str:
    """Return the answer to a line, as one line; empty if there is no answer, or none in time."""
    try:
        return " ".join(answer(bundle.runner, line, **options).text.splitlines())
    except RefusedError:
        return ""


def written(lines: Sequence[str], name: str, cache: str) -> Path:
    """Write lines to a new file in Gradio's folder of files, where Gradio later deletes what it has offered."""
    file = Path(tempfile.mkdtemp(dir=cache)) / name
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _safe(name: str) -> str:
    """Return a name that is a valid file name on all systems."""
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in name)[:60] or "file"
