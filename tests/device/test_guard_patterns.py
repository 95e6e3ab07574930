import pytest

from seq2edge.device.errors import UserError
from seq2edge.device.guard_patterns import Expressions, replaced, syntax_mistake


@pytest.mark.parametrize(
    ("expression", "found"),
    [(" my <pet> died ", " my (?:cat|dog) died "), (" <pet> <plan> ", " (?:cat|dog) <plan> "), (" died ", " died ")],
)
def test_placeholders_are_replaced_by_their_words(expression, found):
    assert replaced(expression, {"pet": "(?:cat|dog)"}) == found


@pytest.mark.parametrize(
    "pattern",
    [
        "(die",
        "(?=die)",
        "(?i)die",
        r"(d)ie\1",
        "die++",
        r"\bdie",
        "die{,2}",
        "di{1000}e",
        "di{9,1000}e",
        "x{" + "9" * 5000 + "}",
    ],
)
def test_patterns_that_are_not_portable_are_refused(pattern):
    assert syntax_mistake(pattern)


def test_expressions_are_searched_and_removed():
    expressions = Expressions([" die hard ", " die "], {"die": [0, 1]})
    assert expressions.search(" i die ")
    assert not expressions.search(" i live ")
    assert expressions.remove(" die hard or die ") == " or "


def test_expressions_are_removed_one_after_the_other():
    assert Expressions([" b c ", " a b "]).remove(" a b c ") == " a "
    literals = {"b": [0], "a": [1]}
    assert Expressions([" b", " a "], literals).remove(" a bc ") == " c "


@pytest.mark.parametrize("pattern", ["x{" + "9" * 5000 + "}", "(?a)(?u)x", "[\n-\t]"])
def test_a_pattern_that_cannot_be_compiled_is_refused_in_one_line(pattern):
    with pytest.raises(UserError, match="not a valid pattern") as caught:
        Expressions([pattern]).search("x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("literals", [{"": [0, 7]}, {"": [-1]}, {"die": []}])
def test_literals_of_other_patterns_are_refused_in_one_line(literals):
    with pytest.raises(UserError, match="positions in literals are not those of the 1 patterns"):
        Expressions([" die "], literals)
