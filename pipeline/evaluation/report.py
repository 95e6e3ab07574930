"""An evaluation as one page of HTML that opens offline."""

import difflib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from seq2edge.pipeline.evaluation.evaluate import Evaluation, group_rows, score_rows
from seq2edge.pipeline.evaluation.metrics import metrics_of, sentence_scores
from seq2edge.pipeline.evaluation.plots import svg_of_groups, svg_of_scores
from seq2edge.pipeline.evaluation.significance import Difference

SHOWN = 50  # outputs at each end

escape = html.escape


def report(evaluations: Sequence[Evaluation], differences: Sequence[Difference] = ()) -> str:
    """The page: tables, plots, and the first system's best and worst outputs.

    Args:
        evaluations: Of systems on one set; the first is the one whose outputs are sorted.
    """
    first = evaluations[0]
    of_sentences = {e.system: sentence_scores(e.hypotheses, e.test_set.expected) for e in evaluations}
    order = np.argsort(of_sentences[first.system], kind="stable")
    worst, best = order[:SHOWN], order[SHOWN:][::-1][:SHOWN]
    outputs = [_output(index, evaluations, of_sentences[first.system][index]) for index in [*best, *worst]]
    page = files("seq2edge.pipeline.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    values = {
        "title": escape(f"{first.test_set.name} set: {', '.join(e.system for e in evaluations)}"),
        "about": f"{len(first.answers):,} sentences, {first.search}",
        "scores": _table(score_rows(evaluations)),
        "differences": "".join(f"<li>{escape(str(difference))}</li>" for difference in differences),
        "groups": "".join(_groups(evaluation) for evaluation in evaluations),
        "plots": _plots(evaluations, of_sentences),
        "best": "".join(outputs[: len(best)]),
        "worst": "".join(outputs[len(best) :]),
        "first": escape(first.system),
        "signatures": "".join(f"<li><code>{escape(line)}</code></li>" for line in first.scores["signatures"]),
        "attention": _attention(first, [*best, *worst]),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place[1]], page)


def _groups(evaluation: Evaluation) -> str:
    metrics = metrics_of(evaluation.test_set.task)
    return "".join(
        f"<h3>{escape(evaluation.system)}, {escape(kind)}</h3>{_table(group_rows('', groups, metrics))}"
        for kind, groups in evaluation.groups.items()
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rows = rows
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr><th>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _plots(evaluations: Sequence[Evaluation], of_sentences: dict[str, list[float]]) -> str:
    drawn = [svg_of_scores(of_sentences, "chrF++ of the sentence")]
    by_length = {
        evaluation.system: {name: values["chrf"] for name, values in groups.items()}
        for evaluation in evaluations
        if (groups := evaluation.groups.get("by source length in tokens"))
    }
    if by_length:
        drawn.append(svg_of_groups(by_length, "source length in tokens", "chrF++"))
    return "".join(f"<figure>{drawing}</figure>" for drawing in drawn)


def _output(index: int, evaluations: Sequence[Evaluation], score: float) -> str:
    first, *others = evaluations
    example, answer = first.test_set.expected[index], first.answers[index]
    nearest = max(
        example.references, key=lambda reference: difflib.SequenceMatcher(None, reference, answer.text).ratio()
    )
    reference, hypothesis = marked(nearest, answer.text)
    lines = [("source", escape(example.source)), ("reference", reference), ("output", hypothesis)]
    for other in others:
        if other.answers[index].text != answer.text:
            lines.append((escape(other.system), marked(nearest, other.answers[index].text)[1]))
    rows = "".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in lines)
    button = f'<button data-index="{index}">attention</button>' if _has_attention(first, index) else ""
    confidence = f"chrF++ {score:.1f}, confidence {100 * answer.confidence:.0f} %"
    return f'<article><dl>{rows}</dl><footer>{confidence} {button}</footer><div class="wide map"></div></article>'


def marked(reference: str, hypothesis: str) -> tuple[str, str]:
    """Both as HTML: words that only the reference has in <del>, those that only the hypothesis has in <ins>."""
    wanted, said = reference.split(), hypothesis.split()
    sides: tuple[list[str], list[str]] = [], []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, wanted, said, autojunk=False).get_opcodes():
        for words, side, tag in ((wanted[a:b], sides[0], "del"), (said[c:d], sides[1], "ins")):
            text = escape(" ".join(words))
            if text:
                side.append(text if kind == "equal" else f"<{tag}>{text}</{tag}>")
    return " ".join(sides[0]), " ".join(sides[1])


def _has_attention(evaluation: Evaluation, index: int) -> bool:
    return any(part["attention"] for part in evaluation.answers[index].parts)


def _attention(evaluation: Evaluation, indices: Sequence[int]) -> str:
    """Attention of the outputs shown, as JSON that may stand inside a script element."""
    values: dict[str, Any] = {
        str(index): evaluation.answers[index].parts for index in indices if _has_attention(evaluation, index)
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
