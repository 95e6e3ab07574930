"""The tasks that a model can be trained for. A new task is an entry in `TASKS`."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["seq2seq", "classification"]
Modality = Literal["text"]
Target = Literal["text", "label"]
BaselineName = Literal["nearest neighbour", "linear SVM"]


@dataclass(frozen=True)
class Task:
    """What is particular to a task. Code reads these fields and never compares names.

    Attributes:
        metrics: Keys of its metrics in the order of the tables; the first one decides between models.
        family: Which models, signatures and runner it has.
        source: What its sources are.
        target: What its targets are: texts, or the names of labels.
        multiline: White space carries meaning, as in code: texts are not split, and a recipe keeps targets as they are.
        is_conversation: Texts are turns of a conversation. Both sides are in one language, a turn is one text even if
            it has several lines or is too long, a prompt remembers the replies it gave, and the demo shows a chat.
        groups_references: Pairs with the same source are one example with several references. Otherwise every pair is
            an example of its own, so that scores compare with published ones.
        baseline: A simple model of the training data that an evaluation scores beside the systems.
        label_smoothing, stop_on: What `init` writes into the recipe's section `training`.
    """

    name: str
    metrics: tuple[str, ...]
    family: Family = "seq2seq"
    source: Modality = "text"
    target: Target = "text"
    multiline: bool = False
    is_conversation: bool = False
    groups_references: bool = True
    baseline: BaselineName | None = None
    label_smoothing: float = 0.1
    stop_on: str = "loss"

    @property
    def main_metric(self) -> str:
        """The key of the metric by which models are compared."""
        return self.metrics[0]


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="chat",
            metrics=("exact_match", "bleu", "chrf", "word_f1", "distinct_1", "distinct_2", "repeated", "length_ratio"),
            is_conversation=True,
            baseline="nearest neighbour",
            label_smoothing=0.0,
        ),
        Task(
            name="translation",
            metrics=(
                *("bleu", "bleu_lc", "chrf", "ter", "exact_match"),
                *("word_accuracy", "wer", "cer", "copied", "length_ratio"),
            ),
            groups_references=False,
            stop_on="bleu",
        ),
        Task(
            name="summarisation",
            metrics=("bleu", "chrf", "rouge1", "rouge2", "rougeL", "exact_match", "word_f1", "length_ratio"),
        ),
        Task(
            name="commands",
            metrics=("bleu", "chrf", "exact_match", "word_accuracy", "word_f1", "wer", "cer", "length_ratio"),
        ),
        Task(
            name="code",
            metrics=("identical", "exact_match", "bleu", "chrf", "word_f1", "length_ratio"),
            multiline=True,
        ),
        Task(
            name="classification",
            metrics=("accuracy", "macro_f1"),
            family="classification",
            target="label",
            groups_references=False,
            baseline="linear SVM",
            label_smoothing=0.0,
            stop_on="accuracy",
        ),
    )
}
