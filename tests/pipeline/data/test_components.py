from seq2edge.pipeline.data.components import Components
from seq2edge.pipeline.data.splitting import place_of


def test_rows_that_share_a_text_have_the_same_place():
    rows = [("one", "eins"), ("two", "zwei"), ("a", "eins"), ("A!", "ein"), ("three", "drei"), ("lone", "zwei")]
    components = Components()
    for row in rows:
        components.join(*row)
    assert [components.place(source) for source, _ in rows] == [
        place_of("one"), place_of("two"), place_of("one"), place_of("one"), place_of("three"), place_of("two")
    ]  # fmt: skip


def test_a_later_row_can_join_two_groups():
    components = Components()
    for row in (("x", "1"), ("y", "2"), ("z", "3"), ("y", "3"), ("x", "3")):
        components.join(*row)
    assert {components.place(source) for source in "xyz"} == {place_of("x")}


def test_equal_sources_and_targets_are_not_joined():
    components = Components()
    components.join("no", "nein")
    components.join("nein", "no")
    assert components.place("no") != components.place("nein")
