"""The head of the page."""

from pathlib import Path

from seq2edge.demo.words import both

MARK = (Path(__file__).parents[1] / "assets" / "favicon.svg").read_text(encoding="utf-8")


def header() -> str:
    """Mark, name and what it is, with the place where the page says that its server is away."""
    return (
        f'<header class="masthead"><span class="mark" aria-hidden="true">{MARK}</span>'
        f"<div><h1>{both('title')}</h1><p>{both('tagline')}</p></div></header>"
        f'<div id="offline" role="alert"></div>'
        f'<template id="offline-text">{both("offline")}</template>'
        f'<template id="busy-text">{both("busy")}</template>'
    )
