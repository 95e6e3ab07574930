"""A part of an inspection whose texts contain markup."""

import math

import numpy as np
import pytest

from seq2edge.device.inspection import InspectedPart
from seq2edge.device.search.trace import NextTokens, Node, Trace, TraceStep
from seq2edge.device.special_ids import EOS
from seq2edge.device.words import word_attention, words_of

HOSTILE = "<script>alert('x')</script>{{value}}${value}"
CAT, DOG = EOS + 1, EOS + 2


def node(number, parent, token, probability, score):
    return Node(number, parent, token, math.log(probability), score)


@pytest.fixture
def part():
    """The answer is HOSTILE; "dog" ended too, a second HOSTILE was dropped."""
    cat, dog = node(1, 0, CAT, 0.7, -0.3), node(2, 0, DOG, 0.2, -1.6)
    best, other = node(3, 1, EOS, 0.9, -0.4), node(4, 2, EOS, 0.5, -2.0)
    dropped = node(5, 1, CAT, 0.1, -2.5)
    trace = Trace(
        (
            TraceStep((NextTokens(0, (CAT, DOG), (math.log(0.7), math.log(0.2))),), (cat, dog), (), ()),
            TraceStep(
                (NextTokens(1, (EOS, CAT), (math.log(0.9), math.log(0.1))), NextTokens(2, (EOS,), (math.log(0.5),))),
                (),
                (dropped,),
                (best, other),
            ),
        ),
        best=3,
    )
    source_tokens, target_tokens = ("▁a", "▁" + HOSTILE, "</s>"), ("▁" + HOSTILE,)
    source, target = words_of(source_tokens), words_of(target_tokens)
    attention = np.array([[0.2, 0.75, 0.05]])
    return InspectedPart(
        source_tokens=source_tokens,
        target_tokens=target_tokens,
        source_words=source,
        target_words=target,
        attention=attention,
        word_attention=word_attention(attention, target, source),
        confidences=(0.7,),
        word_confidences=(0.7,),
        trace=trace,
        tokens={2: "<s>", EOS: "</s>", CAT: "▁" + HOSTILE, DOG: "▁dog"},
        texts={0: "", 1: HOSTILE, 2: "dog", 3: HOSTILE, 4: "dog", 5: f"{HOSTILE} {HOSTILE}"},
        choices={0: (HOSTILE, "dog"), 1: (HOSTILE, f"{HOSTILE} {HOSTILE}")},
    )


@pytest.fixture
def parsed():
    """Parse HTML. Fails if the markup in a text was not escaped."""
    from html.parser import HTMLParser

    class Parser(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.text = [], ""

        def handle_starttag(self, tag, attributes):
            self.tags.append((tag, dict(attributes)))

        def handle_data(self, data):
            self.text += data

        def attributes(self, tag, name):
            """The values of an attribute in all tags with a name."""
            return [values[name] for one, values in self.tags if one == tag and name in values]

    def parse(page):
        parser = Parser()
        parser.feed(page)
        assert "script" not in {tag for tag, _ in parser.tags}
        assert not {name for _, values in parser.tags for name in values if name.startswith("on")}
        assert not any(sign in page for sign in ("{", "}", "$", "`")), "gr.HTML would take it for a template"
        return parser

    return parse
