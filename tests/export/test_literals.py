import re

import pytest

from seq2edge.export.literals import literal_index, needed_literals


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (" river ", {" river "}),
        ("(?:mum|dad) (died|passed away)", {"died", "passed away"}),
        ("(cat|dog)s? bowl", {" bowl"}),
        ("(very )?sad", {"sad"}),
        ("[0-9]+ pills", {" pills"}),
        ("죽(고싶|을래)", {"고싶", "을래"}),
        ("(a|.)", {""}),
        (".*", {""}),
    ],
)
def test_needed_literals_are_the_rarest(pattern, literals):
    assert needed_literals(pattern) == literals


def test_matching_texts_contain_a_needed_literal():
    patterns = ["(?:mum|dad) (died|passed away)", "so+ (sad|tired)( of (life|it))?", "^(ab|ac)+$", "x?"]
    index = literal_index(patterns)
    for text in ("my mum passed away", "soo tired of it", "abac", "", "dad died", "acab"):
        candidates = {position for literal, some in index.items() if literal in text for position in some}
        assert candidates >= {position for position, pattern in enumerate(patterns) if re.search(pattern, text)}
