"""The header of the page."""

from pathlib import Path

from seq2edge.demo.words import both

MARK = (Path(__file__).parents[1] / "assets" / "favicon.svg").read_text(encoding="utf-8")


def header() -> str:
    """Return logo, title and tagline, and the place for a note that the server does not answer."""
    return (
        f'<header class="masthead"><span class="mark" aria-hidden="true">{MARK}</span>'
        f"<div><h1>{both('title')}</h1><p>{both('tagline')}</p></div></header>"
        f'<div id="offline" role="alert"></div>'
        f'<template id="offline-text">{both("offline")}</template>'
        f'<template id="busy-text">{both("busy")}</template>'
    )
