"""Templates that make a text of the named fields of a row: `source = "{title} </s> {text}"`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")  # an escaped brace, a field, an unmatched brace


@dataclass(frozen=True)
class Template:
    """A parsed template: fields, which are numbers or names of columns or keys, and the text between them.

    Attributes:
        literals: The texts before the first field, between fields, and after the last; one more than `fields`.
    """

    literals: tuple[str, ...]
    fields: tuple[int | str, ...]

    def fill(self, values: Sequence[str]) -> str:
        """Return the text, given the values of the fields in their order."""
        first, *others = self.literals
        return first + "".join(value + literal for value, literal in zip(values, others, strict=True))


def is_template(column: int | str) -> bool:
    """Return whether a column of a recipe is a template, not the name of one column."""
    return isinstance(column, str) and ("{" in column or "}" in column)


def parse_template(column: int | str) -> Template:
    """Parse a column of a recipe. A number or a name is parsed as a template with one field.

    A number in braces is that of a column, so that templates also work for a file without a header.

    Raises:
        ValueError: If a brace is unmatched, a field has no name, or there is no field.
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
            what = "{} has no field name" if token[0] == "{}" else f"unmatched {token[0]!r}"
            raise ValueError(f"{what}; a field is written {{name}}, a brace {{{{ or }}}}")
    literals[-1] += column[end:]
    if not fields:
        raise ValueError("a template without a field; a field is written {name}")
    return Template(tuple(literals), tuple(fields))
