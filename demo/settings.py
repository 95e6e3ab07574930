"""Controls for decoding options."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from seq2edge.device.search.options import OPTIONS

SHOWN = ("beam",)  # options that the page offers: whole numbers, each with a label in `words`


def control(name: str, label: str, bundles: Sequence[Any]) -> gr.Slider:
    """A slider for a whole number, within the limits of the option and of what the bundles offer.

    Args:
        name: Of a field of `DecodingOptions`.
        bundles: Manifests of encoder-decoders.
    """
    option = OPTIONS[name]
    if option.allowed is None:
        raise ValueError(f"only numbers have a slider. Received: name={name}")
    offered = {"beam": max(max(one.beam_sizes) for one in bundles)}
    largest = min(option.allowed.most, offered.get(name, option.allowed.most))
    least, is_choice = option.allowed.least, largest > option.allowed.least
    # Gradio refuses a slider without a choice, even one that is not shown.
    return gr.Slider(
        least, max(largest, least + 1), option.default, step=1, label=label, elem_id=name, visible=is_choice
    )
