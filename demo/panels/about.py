"""The panel that describes each bundle in full: data, licence, scores, limits."""

import html
from collections.abc import Iterator

import gradio as gr

from seq2edge.demo.components.cards import described, size
from seq2edge.demo.components.status import rounded
from seq2edge.demo.loading import Loaded, Shelf
from seq2edge.demo.words import both, either
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest


def build_about(shelf: Shelf) -> None:
    """Add the panel to the page that is being built."""
    cards = "".join(map(about, shelf.loaded))
    gr.HTML(f'<div class="abouts">{cards}</div><p class="hint">{both("skip_note")}</p>', elem_id="about")


def about(one: Loaded) -> str:
    """Return the description of a bundle, from its manifest."""
    return described(one, _rows(one))


def _rows(one: Loaded) -> Iterator[tuple[str, str]]:
    manifest = one.runner.manifest
    sentences = one.scores.get("sentences", manifest.scores.get("test_sentences", "?"))
    known = [(metric, one.scores[metric]) for metric in one.task.metrics if metric in one.scores]
    if known:
        lines = [
            f'<span class="number">{rounded(value)}</span> {either(f"metric_{metric}")}' for metric, value in known
        ]
        yield both("score"), "<br>".join([*lines, f"<small>{both('of_test', sentences=sentences)}</small>"])
    yield both("size"), size(one)
    yield both("about_data"), html.escape(manifest.licence)
    yield both("about_limits"), "<br>".join(_limits(one))
    yield both("about_runtime"), html.escape(one.runner.runtime)
    yield both("about_made_with"), html.escape(manifest.created_with)


def _limits(one: Loaded) -> Iterator[str]:
    manifest = one.runner.manifest
    yield both("limit_source", tokens=manifest.source_length)
    if isinstance(manifest, Seq2SeqManifest):
        yield both("limit_target", tokens=manifest.target_length)
    else:
        yield both("limit_classes", number=len(getattr(manifest, "classes", [])))
    yield both("limit_knows")
