"""Controls for decoding options."""

from collections.abc import Sequence

import gradio as gr

from seq2edge.device.manifests.common import Manifest
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.search.options import OPTIONS

SHOWN = ("beam",)  # options that the page offers: whole numbers, each with a label in `words`


def control(name: str, label: str, bundles: Sequence[Manifest]) -> gr.Slider:
    """A slider for a whole number, within the limits of the option and of what the bundles offer.

    Args:
        name: Of a field of `DecodingOptions`.
    """
    option = OPTIONS[name]
    if option.allowed is None:
        raise ValueError(f"only numbers have a slider. Received: name={name}")
    offered = {"beam": max((max(one.beam_sizes) for one in bundles if isinstance(one, Seq2SeqManifest)), default=1)}
    largest = min(option.allowed.most, offered.get(name, option.allowed.most))
    least, is_choice = option.allowed.least, largest > option.allowed.least
    return gr.Slider(least, largest, option.default, step=1, label=label, elem_id=name, visible=is_choice)
