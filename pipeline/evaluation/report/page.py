"""Writes an evaluation as one HTML page that works offline."""

from collections.abc import Callable, Sequence
from importlib.resources import files

import jinja2
from markupsafe import Markup

from seq2edge.device.tasks import TASKS, Target
from seq2edge.pipeline.evaluation.metrics.registry import task_metrics
from seq2edge.pipeline.evaluation.report.labels import label_sections
from seq2edge.pipeline.evaluation.report.sections import Sections
from seq2edge.pipeline.evaluation.report.texts import text_sections
from seq2edge.pipeline.evaluation.scoring import Evaluation
from seq2edge.pipeline.evaluation.significance import Difference
from seq2edge.pipeline.evaluation.tables import group_rows, group_tables, score_rows

TEMPLATE = "report.html"
SECTIONS: dict[Target, Callable[[Sequence[Evaluation]], Sections]] = {"text": text_sections, "label": label_sections}


def report(evaluations: Sequence[Evaluation], differences: Sequence[Difference] = ()) -> str:
    """Return the page as HTML: tables, plots, and outputs of the first system.

    Args:
        evaluations: Evaluations of systems on the same set.
        differences: Comparisons of two systems.
    """
    first = evaluations[0]
    sections = SECTIONS[TASKS[first.test_set.task].target](evaluations)
    metrics = task_metrics(first.test_set.task)
    shown = [output for outputs in sections.outputs.values() for output in outputs]
    return _template().render(
        evaluations=evaluations,
        first=first,
        scores=score_rows(evaluations),
        differences=differences,
        groups=[
            (f"{name}, {kind}", group_rows("", groups, metrics)) for name, kind, groups in group_tables(evaluations)
        ],
        sections=sections,
        plots=[Markup(svg) for svg in sections.plots],
        large_plots=[Markup(svg) for svg in sections.large_plots],
        attention={output.index: first.answers[output.index].parts for output in shown if output.has_attention},
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    source = files("seq2edge.pipeline.evaluation.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(source)
