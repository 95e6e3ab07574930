"""Numbers, paths and placeholders of the source that stand in the output as they are."""

import re
from collections import Counter
from collections.abc import Sequence

from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.metrics.metric import Metric

# A digit in a placeholder or in a path is part of it.
ITEM = re.compile(
    r"""
    \{\{[^{}]*\}\} | \{[^{}]*\}                                                # {{name}}, {0}
    | (?:[A-Za-z]+:)? [A-Za-z0-9_.~-]* (?:[/\\]+[A-Za-z0-9_.~%+@=&?\#:-]*[A-Za-z0-9_~])+ [/\\]?  # a/b, C:\a, https://a.b/c
    | \d+(?:[.,:]\d+)*                                                         # 7, 1,000, 3.14, 12:30
    """,
    re.VERBOSE,
)


def items(text: str) -> Counter[str]:
    """The numbers, paths and placeholders of a text, each with how often it stands there.

    A placeholder is what stands in one or two pairs of braces. A path, or the address of a page, is a run of ASCII
    letters, digits and signs with a slash or backslash in it; a full stop or comma at its end is not part of it. A
    number is a run of digits, with single points, commas or colons between them; letters may stand beside it.
    """
    return Counter(ITEM.findall(text))


def copied(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Percentage of the items of sources that stand in the outputs, of those that stand in the references too.

    An item that a source has twice counts twice if its reference has it twice. Of several references the one with the
    largest share counts. A source without any item that its reference has does not count; if no source has one, nothing
    is missing, and the percentage is 100.
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
