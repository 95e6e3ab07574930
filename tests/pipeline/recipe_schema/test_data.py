import pytest
from pydantic import ValidationError

from seq2edge.pipeline.recipe_schema.data import Data


def data(file=None, **settings):
    return Data.model_validate({"files": [{"path": "a.tsv"} | (file or {})], **settings})


@pytest.mark.parametrize(
    ("redistribution", "notice"),
    [
        (None, "CC BY 4.0"),
        ("free", "CC BY 4.0"),
        ("non-commercial", "CC BY 4.0 (not for commercial use)"),
        ("research", "CC BY 4.0 (for research only: do not pass it on)"),
    ],
)
def test_the_licence_notice_states_restrictions(redistribution, notice):
    assert data(licence="CC BY 4.0", redistribution=redistribution).licence_notice == notice


def test_all_mistakes_of_a_file_are_reported_at_once():
    file = {"built_by": "tldr", "url": "http://a", "weight": 2, "split": "test", "skip": ["x"]}
    with pytest.raises(ValidationError) as error:
        data(file)
    message = error.value.errors()[0]["msg"]
    assert "skip must be empty without split_key, whose values it lists, got ['x']" in message
    assert "built_by = 'tldr': cannot be combined with url; leave one of them out" in message
    assert "weight must be 1.0 with split = 'test', got 2.0; training does not draw from it" in message


@pytest.mark.parametrize(
    ("settings", "is_mixed"),
    [
        ({}, False),
        ({"temperature": 2}, True),
        ({"files": [{"path": "a"}, {"path": "b", "weight": 2}]}, True),
        ({"files": [{"path": "a", "weight": 2}, {"path": "b", "weight": 2}]}, False),
        ({"files": [{"path": "a"}, {"path": "b", "split": "test"}], "temperature": 2}, False),
    ],
)
def test_pairs_are_mixed_if_some_files_are_drawn_more_often(settings, is_mixed):
    assert Data.model_validate({"files": [{"path": "a"}, {"path": "b"}], **settings}).is_mixed == is_mixed


def test_settings_of_a_format_are_refused_with_other_formats():
    with pytest.raises(ValidationError) as error:
        data({"format": "jsonl", "delimiter": ";", "sheet": "first"})
    message = error.value.errors()[0]["msg"]
    assert "delimiter = ';': only with format = 'csv'; leave it out" in message
    assert "sheet = 'first': only with format = 'xlsx'; leave it out" in message


def test_keys_with_default_values_do_not_change_a_dataset():
    (plain,), (other,) = (data(file).settings_of_dataset()["files"] for file in ({}, {"delimiter": ";"}))
    assert not {"delimiter", "sheet", "line_end"} & plain.keys()
    assert other["delimiter"] == ";"
