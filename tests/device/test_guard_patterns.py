import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.guard_patterns import Expressions, replaced, syntax_mistake


@pytest.mark.parametrize(
    ("expression", "found"),
    [(" my <pet> died ", " my (?:cat|dog) died "), (" <pet> <plan> ", " (?:cat|dog) <plan> "), (" died ", " died ")],
)
def test_placeholders_are_replaced_by_their_words(expression, found):
    assert replaced(expression, {"pet": "(?:cat|dog)"}) == found


@pytest.mark.parametrize("pattern", ["(die", "(?=die)", "(?i)die", r"(d)ie\1", "die++"])
def test_patterns_that_are_not_portable_are_refused(pattern):
    assert syntax_mistake(pattern)


def test_expressions_are_searched_and_removed():
    expressions = Expressions([" die hard ", " die "], {"die": [0, 1]})
    assert expressions.search(" i die ")
    assert not expressions.search(" i live ")
    assert expressions.remove(" die hard or die ") == " or "


@pytest.mark.parametrize("literals", [{"": [0, 7]}, {"": [-1]}, {"die": []}])
def test_literals_of_other_patterns_are_refused_in_one_line(literals):
    with pytest.raises(UserError, match="positions in literals are not those of the 1 patterns"):
        Expressions([" die "], literals)
