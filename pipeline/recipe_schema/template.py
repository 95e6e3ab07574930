"""Templates that make a text of the named fields of a row: `source = "{title} </s> {text}"`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")  # an escaped brace, a field, a brace that belongs to nothing


@dataclass(frozen=True)
class Template:
    """What stands between the fields of a text, and the fields: columns by number or name, or keys.

    Attributes:
        literals: One more than fields: before the first, between two, after the last.
    """

    literals: tuple[str, ...]
    fields: tuple[int | str, ...]

    def fill(self, values: Sequence[str]) -> str:
        """The text for the values of the fields, in their order."""
        first, *others = self.literals
        return first + "".join(value + literal for value, literal in zip(values, others, strict=True))


def is_template(column: int | str) -> bool:
    """Whether a column of a recipe is a template and not the name of one column."""
    return isinstance(column, str) and ("{" in column or "}" in column)


def parse_template(column: int | str) -> Template:
    """Parse a column of a recipe. One that is not a template is the text of that column alone.

    A number in braces is that of a column, so that a file without a header can have templates.

    Raises:
        ValueError: If a brace stands alone, a field has no name, or there is no field.
    """
    if not isinstance(column, str) or not is_template(column):
        return Template(("", ""), (column,))
    literals, end = [""], 0
    fields: list[int | str] = []
    for token in TOKEN.finditer(column):
        literals[-1] += column[end : token.start()]
        end = token.end()
        if token[0] in ("{{", "}}"):
            literals[-1] += token[0][0]
        elif token[1]:
            fields.append(int(token[1]) if token[1].isdecimal() else token[1])
            literals.append("")
        else:
            what = "{} names no field" if token[0] == "{}" else f"{token[0]!r} stands alone"
            raise ValueError(f"{what}; a field is written {{name}}, a brace {{{{ or }}}}")
    literals[-1] += column[end:]
    if not fields:
        raise ValueError("a template without a field; a field is written {name}")
    return Template(tuple(literals), tuple(fields))
