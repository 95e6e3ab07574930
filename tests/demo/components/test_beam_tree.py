import pytest

from seq2edge.demo.components.beam_tree import GAP, MOST, MOST_TEXT, PIXELS, ROOT_WIDTH, BeamTree, beam_tree
from seq2edge.demo.words import table
from seq2edge.device.runners.load import load_runner

HOSTILE = "<script>alert('x')</script>"  # the start of the one in conftest.py
ENGLISH, KOREAN = table("en"), table("ko")


def test_each_hypothesis_is_a_node_with_its_text(part, parsed):
    page = parsed(beam_tree(part, ENGLISH))
    assert sorted(page.attributes("g", "data-prefix")) == sorted(part.texts.values())
    assert page.attributes("g", "role") == ["treeitem"] * 6
    assert page.attributes("g", "tabindex").count("0") == 1  # the others are reached by arrow keys
    assert len(page.attributes("path", "d")) == 5


def test_the_answer_is_in_the_first_row(part):
    tree = BeamTree(part, ENGLISH)
    assert [tree.places[node].row for node in (0, 1, 3)] == [0, 0, 0]
    assert [tree.places[node].column for node in (0, 1, 3)] == [0, 1, 2]
    assert {node.id: tree.state(node) for node in tree.shown} == {
        **dict.fromkeys((0, 1, 3), "winner"),
        **dict.fromkeys((2, 4), "kept"),
        5: "pruned",
    }


def test_a_column_has_room_for_its_longest_token_up_to_a_limit_and_the_whole_text_is_the_tooltip(part, parsed):
    tree = BeamTree(part, ENGLISH)
    assert tree.widths == [ROOT_WIDTH, *[PIXELS * (MOST_TEXT + 2)] * 2]
    assert tree.left(2) == sum(tree.widths[:2]) + 2 * GAP
    page = parsed(beam_tree(part, ENGLISH))
    assert len([said for said in page.attributes("g", "aria-label") if said in page.text and HOSTILE in said]) == 3


def test_finished_hypotheses_are_listed_best_first(part):
    page = beam_tree(part, KOREAN)
    assert page.index("−0.40") < page.index("−2.00")
    assert KOREAN["look_finished"] in page


@pytest.mark.parametrize("options", [{}, {"beam": 5}, {"beam": 5, "sample": True, "temperature": 3.0}], ids=str)
def test_nodes_do_not_overlap(shipped, options):
    (part,) = load_runner(shipped.path).inspect("good morning", **options).parts
    tree = BeamTree(part, ENGLISH)
    places = list(tree.places.values())
    assert len(places) == len(set(places)) == len(tree.shown)
    assert len(tree.shown) < MOST + 64
    for node in tree.shown[1:]:
        assert tree.places[node.parent].column == tree.places[node.id].column - 1
        assert tree.places[node.parent].row <= tree.places[node.id].row
