import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.recipe_schema.template import Template, parse_template


@pytest.mark.parametrize(
    ("column", "fields", "text"),
    [
        ("title", ("title",), "A"),
        (0, (0,), "A"),
        ("{title}", ("title",), "A"),
        ("{title} </s> {text}", ("title", "text"), "A </s> B"),
        ("<{a}{b}>", ("a", "b"), "<AB>"),
        ("{a} {a}", ("a", "a"), "A B"),
        ("{{{a}}} }}{b}{{", ("a", "b"), "{A} }B{"),
        ("{0} {3}", (0, 3), "A B"),
        ("{first name}: {제목}", ("first name", "제목"), "A: B"),
    ],
)
def test_a_template_is_parsed_into_fields_and_text(column, fields, text):
    template = parse_template(column)
    assert template.fields == fields
    assert template.fill(["A", "B"][: len(fields)]) == text


def test_values_are_not_read_as_templates():
    assert Template(("", "-", ""), ("a", "b")).fill(["{b}", "}}"]) == "{b}-}}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('source = "{title"', r"data\.files\.0\.source: unmatched '\{'; .*; got '\{title'"),
        ('source = "title}"', r"data\.files\.0\.source: unmatched '\}'"),
        ('target = "{}: {text}"', r"data\.files\.0\.target: \{\} has no field name"),
        ('source = "{{title}}"', r"data\.files\.0\.source: a template without a field"),
        (
            'source = "{a}"\nheader = false',
            r"source must give columns by their numbers with header = false, got '\{a\}'",
        ),
        ('source = "{a}"\ntarget_path = "b.en"', r"data\.files\.0\.source must be left out unless .*, got '\{a\}'"),
        ('split_key = 0\nformat = "folder"', r"data\.files\.0\.split_key must be left out unless .*, got 0"),
        ('skip = ["a"]', r"data\.files\.0\.skip must be empty without split_key, .*, got \['a'\]"),
    ],
)
def test_wrong_templates_are_refused(tmp_path, line, message):
    path = tmp_path / "recipe.toml"
    path.write_text(f'name = "a"\ntask = "chat"\n[[data.files]]\npath = "a.tsv"\n{line}\n', encoding="utf-8")
    with pytest.raises(UserError, match=message):
        load_recipe(path)
