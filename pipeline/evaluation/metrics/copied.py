"""The share of a source's numbers, paths and placeholders that the output repeats unchanged."""

from collections import Counter
from collections.abc import Sequence

from seq2edge.device.processors.slots import ITEM
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric


def items(text: str) -> Counter[str]:
    """Count the numbers, paths and placeholders of a text.

    A placeholder is one or two pairs of braces and the text inside them. A path or an address of a page is a run of
    ASCII letters, digits and signs that contains a slash or backslash, without a full stop or comma at its end. A
    number is a run of digits, with single points, commas or colons between them. Letters may touch it.
    """
    return Counter(ITEM.findall(text))


def copied(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of items that the output repeats, among the items that source and reference have in common.

    An item that occurs twice in both source and reference counts twice. Of several references, the one with the largest
    percentage counts. A source that has no item in common with its reference is left out. If all sources are left out,
    nothing is missing, and the percentage is 100.
    """
    found = wanted = 0
    for hypothesis, example in zip(hypotheses, expected, strict=True):
        source, output = items(example.source), items(hypothesis)
        counts = []
        for reference in example.references:
            needed = source & items(reference)
            counts.append(((needed & output).total(), needed.total()))
        kept, total = max(
            (count for count in counts if count[1]), key=lambda count: count[0] / count[1], default=(0, 0)
        )
        found, wanted = found + kept, wanted + total
    return 100 * found / wanted if wanted else 100.0


METRICS = (Metric("copied", "copied %", copied),)
