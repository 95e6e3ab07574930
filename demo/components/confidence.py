"""The words of an answer, coloured by the model's confidence."""

from collections.abc import Mapping, Sequence

from seq2edge.demo.components.markup import escape, percent, token_label
from seq2edge.device.words import Word

LEVELS = {"high": 0.8, "middle": 0.5, "low": 0.0}  # smallest probability of each level


def level(probability: float) -> str:
    """Return the name of the level of a probability."""
    return next(name for name, least in LEVELS.items() if probability >= least)


def confidence(words: Sequence[Word], probabilities: Sequence[float], strings: Mapping[str, str]) -> str:
    """Return the words with a legend, and their probabilities as a list for screen readers.

    Args:
        words: The words of the answer.
        probabilities: Probability of each word, 0 to 1.
        strings: The texts of a language, from `words.table`.
    """
    found = [
        (token_label(word.text, strings["look_end"]), probability)
        for word, probability in zip(words, probabilities, strict=True)
    ]
    shown = " ".join(
        f'<span class="li-sure li-{level(probability)}" title="{escape(percent(probability))}">{escape(label)}</span>'
        for label, probability in found
    )
    spoken = "".join(
        f"<li>{escape(strings['look_word'].format(word=label, share=percent(probability)))}</li>"
        for label, probability in found
    )
    legend = "".join(
        f'<li class="li-sure li-{name}">{escape(strings[f"look_confidence_{name}"])}</li>' for name in LEVELS
    )
    title = escape(strings["look_confidence"])
    return (
        f'<section class="li li-confidence" aria-label="{title}"><p class="li-caption">{title}</p>'
        f'<p class="li-words" aria-hidden="true">{shown}</p><ul class="li-hidden">{spoken}</ul>'
        f'<ul class="li-legend" aria-hidden="true">{legend}</ul></section>'
    )
