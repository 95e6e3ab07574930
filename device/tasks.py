"""Tasks that a model can be trained for. To add a task, add an entry to `TASKS`."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["seq2seq", "classification"]
Modality = Literal["text"]
Target = Literal["text", "label"]
BaselineName = Literal["nearest neighbour", "copy", "linear SVM"]


@dataclass(frozen=True)
class Task:
    """Properties of a task. Code reads these properties and never compares names of tasks.

    Attributes:
        name: Name of the task in recipes and manifests.
        metrics: Keys of the metrics, in the order of the tables. Models are compared by the first one.
        family: Family of models, which determines the signatures and the runner.
        source: Modality of the sources.
        target: Kind of the targets: texts or names of labels.
        multiline: Whether white space carries meaning, as in code. If so, texts are not split, and recipes keep the
            white space of targets.
        is_conversation: Whether texts are turns of a conversation. If so, both sides are in one language, a turn is
            never split, a prompt remembers earlier replies, and the demo shows a chat.
        groups_references: Whether pairs with the same source are one example with several references. If not, every
            pair is an example, which makes scores comparable with published ones.
        baselines: Simple models that are evaluated as a comparison.
        label_smoothing, stop_on: Values that `seq2edge init` writes into the section `training` of a recipe.
    """

    name: str
    metrics: tuple[str, ...]
    family: Family = "seq2seq"
    source: Modality = "text"
    target: Target = "text"
    multiline: bool = False
    is_conversation: bool = False
    groups_references: bool = True
    baselines: tuple[BaselineName, ...] = ()
    label_smoothing: float = 0.1
    stop_on: str = "loss"

    @property
    def main_metric(self) -> str:
        """Key of the metric by which models are compared."""
        return self.metrics[0]


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="chat",
            metrics=("exact_match", "bleu", "chrf", "word_f1", "distinct_1", "distinct_2", "repeated", "length_ratio"),
            is_conversation=True,
            baselines=("nearest neighbour",),
            label_smoothing=0.0,
        ),
        Task(
            name="translation",
            metrics=(
                *("bleu", "bleu_lc", "chrf", "ter", "exact_match"),
                *("word_accuracy", "wer", "cer", "copied", "length_ratio"),
            ),
            groups_references=False,
            baselines=("nearest neighbour", "copy"),
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
            baselines=("linear SVM",),
            label_smoothing=0.0,
            stop_on="accuracy",
        ),
    )
}
