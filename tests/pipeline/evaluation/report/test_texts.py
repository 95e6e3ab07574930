import json
import re

import pytest

from seq2edge.pipeline.evaluation.answers import Answer
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.examples import Example
from seq2edge.pipeline.evaluation.report.page import report
from seq2edge.pipeline.evaluation.report.sections import Span
from seq2edge.pipeline.evaluation.report.texts import compare_words
from seq2edge.pipeline.evaluation.scoring import score
from seq2edge.pipeline.evaluation.significance import Difference

EXPECTED = [Example(f"source {i} <b> {{{{scores}}}}", (f"the red stone number {i} & more",)) for i in range(120)]


def answers(text):
    part = {"source": ["▁a", "</s>"], "target": ["▁b"], "attention": [[90, 10]]}
    return [Answer(text(i), 0.5, 3 + i % 40, [part]) for i in range(120)]


@pytest.fixture(scope="module")
def page():
    test_set = EvaluationSet("test", "translation", EXPECTED)
    first = score(
        "first", test_set, answers(lambda i: f"the red stone number {i if i % 2 else 'x'} & more"), {"beam": 1}
    )
    second = score("second", test_set, answers(lambda i: "the <i> stone"), {"beam": 1})
    return report([first, second])


def test_the_page_opens_offline(page):
    assert not re.search(r"""(src|href)\s*=\s*["']?http""", page)


def test_every_placeholder_is_filled_once(page):
    assert set(re.findall(r"\{\{\w+\}\}", page)) == {"{{scores}}"}  # which the sources say
    assert page.count("<table>") == 3


def test_the_best_and_worst_fifty_are_shown_once_each(page):
    shown = re.findall(r'data-index="(\d+)"', page)
    assert len(shown) == len(set(shown)) == 100
    best = [int(index) for index in shown[:50]]
    assert all(index % 2 for index in best)


def test_sources_and_outputs_are_escaped(page):
    assert "<b>" not in page
    assert "the &lt;i&gt; stone" in re.sub("</?(ins|del)>", "", page)


def test_the_page_contains_the_attention_of_the_shown_outputs(page):
    (content,) = re.findall(r'id="attention">(.*?)</script>', page)
    attention = json.loads(content)
    assert len(attention) == 100
    assert next(iter(attention.values()))[0] == {"source": ["▁a", "</s>"], "target": ["▁b"], "attention": [[90, 10]]}


def test_differing_words_are_marked(page):
    said = Span("the", False), Span("red", True), Span("stone", False)
    written = Span("the", False), Span("blue", True), Span("stone", False), Span("fell", True)
    assert compare_words("the red stone", "the blue stone fell") == (list(said), list(written))
    assert "<dd>the red stone number <del>100</del> &amp; more</dd>" in page
    assert "<dd>the red stone number <ins>x</ins> &amp; more</dd>" in page


def test_names_and_differences_are_escaped():
    test_set = EvaluationSet("<i>set", "translation", EXPECTED[:2])
    evaluation = score("</title><b>", test_set, [Answer("<u>", 0.5, 3, [])] * 2, {"beam": 1})
    page = report([evaluation], [Difference("BLEU", "<s>", "<s>", 1.0, 1.0, 0.5, True)])
    assert not re.findall("<[ibus]>", page)
    assert page.count("</title>") == 1
