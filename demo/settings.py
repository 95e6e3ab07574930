"""Controls for decoding options. Limits, defaults and names are derived from the options themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from seq2edge.demo.loading import Loaded
from seq2edge.demo.words import label
from seq2edge.device.search.options import LARGEST_BEAM, OPTIONS, DecodingOptions

SHOWN = (  # options that the page offers, in order
    *("beam", "length_penalty", "max_length"),
    *("sample", "temperature", "top_k", "top_p", "seed"),
    "no_repeat_ngram",
)
SAMPLING = ("temperature", "top_k", "top_p", "seed")  # have no effect without `sample`


@dataclass(frozen=True)
class Scale:
    """The range of an option that a slider offers."""

    least: float
    most: float
    step: float


SCALES = {
    "beam": Scale(1, LARGEST_BEAM, 1),
    "length_penalty": Scale(0, 3, 0.1),
    "max_length": Scale(1, 1024, 1),
    "temperature": Scale(0.1, 2, 0.1),
    "top_k": Scale(0, 100, 1),
    "top_p": Scale(0.05, 1, 0.05),
    "seed": Scale(0, 1000, 1),
    "no_repeat_ngram": Scale(0, 6, 1),
}


def controls(bundles: Sequence[Loaded], panel: str) -> list[gr.Component]:
    """Add a control for each option of `SHOWN`, set to the defaults of the first bundle.

    Args:
        bundles: Encoder-decoders, of which the page uses one at a time.
        panel: Name of the panel, used in the names of the controls.
    """
    return [_control(name, bundles, f"{panel}-{name.replace('_', '-')}") for name in SHOWN]


def _control(name: str, bundles: Sequence[Loaded], elem_id: str) -> gr.Component:
    texts = {"label": label(f"option_{name}"), "info": label(f"option_{name}_help"), "elem_id": elem_id}
    value = default(name, bundles[0])
    if OPTIONS[name].type is bool:
        return gr.Checkbox(value, **texts)
    scale, most = SCALES[name], max(largest(name, one) for one in bundles)
    # Gradio refuses a slider with only one value, even if it is hidden.
    has_choice = most > scale.least
    return gr.Slider(
        scale.least, most if has_choice else scale.least + 1, value, step=scale.step, visible=has_choice, **texts
    )


def default(name: str, bundle: Loaded) -> Any:
    """Return a bundle's default of an option."""
    return getattr(bundle.runner.options(), name)


def largest(name: str, bundle: Loaded) -> float:
    """Return the largest value of an option that a bundle accepts."""
    manifest: Any = bundle.runner.manifest
    offered = {"beam": max(manifest.beam_sizes), "max_length": manifest.target_length}
    return min(SCALES[name].most, offered.get(name, SCALES[name].most))


def defaults(bundle: Loaded) -> list[Any]:
    """Return the values of the controls when a bundle is chosen."""
    return [default(name, bundle) for name in SHOWN]


def options_of(bundle: Loaded, values: Sequence[Any]) -> dict[str, Any]:
    """Return the values of the controls as fields of decoding options that a bundle accepts."""
    chosen: dict[str, Any] = {}
    for name, value in zip(SHOWN, values, strict=True):
        if name in SCALES:
            value = OPTIONS[name].type(min(value, largest(name, bundle)))
        chosen[name] = value
    if not chosen["sample"]:
        chosen |= {name: getattr(DecodingOptions(), name) for name in SAMPLING}
    return chosen
