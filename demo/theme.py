"""Colours and fonts of the page: river stone and water, with the visitor's own font for text and ours for headings."""

import base64
from pathlib import Path

import gradio as gr

# The fonts of operating systems come before `system-ui`, which is a clumsy one on a Linux without a desktop.
TEXT = [
    *("-apple-system", "BlinkMacSystemFont", "Segoe UI", "Roboto", "Ubuntu", "Cantarell", "Noto Sans"),
    *("Liberation Sans", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", "NanumGothic"),
    *("NanumSquareRound", "system-ui", "sans-serif"),
]
CODE = ["ui-monospace", "SF Mono", "Consolas", "NanumGothicCoding", "monospace"]
HEADINGS = Path(__file__).parent / "assets" / "source-serif-4-latin-600.woff2"  # licence: OFL.txt beside it
STEPS = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950)


def _shades(name: str, colours: str) -> gr.themes.Color:
    """Return a Gradio hue, given its colours from lightest to darkest."""
    return gr.themes.Color(name=name, **{f"c{step}": one for step, one in zip(STEPS, colours.split(), strict=True)})


WATER = _shades("water", "#eef6f5 #d8eae8 #b2d5d1 #84bab5 #579b96 #3a7f7b #256562 #1c5351 #194342 #163837 #0a2322")
STONE = _shades("pebble", "#faf8f4 #f2efe9 #e4dfd6 #cfc8bc #a39c90 #6f6a61 #57534c #413e39 #2b2a28 #1e1e1d #151615")


def theme() -> gr.Theme:
    """Return the theme for Gradio's components. Our own components use its variables."""
    return gr.themes.Base(
        primary_hue=WATER,
        secondary_hue=WATER,
        neutral_hue=STONE,
        font=TEXT,
        font_mono=CODE,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_background_fill_dark="*neutral_900",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        block_shadow="none",
        block_shadow_dark="none",
        block_border_width="1px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def heading_font() -> str:
    """Return the style rule for the font of the headings. It contains the font, so that nothing else is loaded."""
    font = base64.b64encode(HEADINGS.read_bytes()).decode("ascii")
    return (
        '@font-face { font-family: "Source Serif 4"; font-weight: 600; '
        f'src: url(data:font/woff2;base64,{font}) format("woff2"); }}'
    )
