"""The labels of a dataset. The training split must have all of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.dataset import SPLITS, read_split, split_line, split_path
from seq2edge.pipeline.data.readers import Pair
from seq2edge.pipeline.data.splitting import FEWEST

FEWEST_EXAMPLES = 2  # per label: one example could be used for training or for validation, but not for both
FEWEST_LABELS = 2
SHOWN = 5  # number of labels that a message names


def training_labels(folder: Path) -> list[str]:
    """Return the labels of the training split, sorted."""
    return sorted({pair.target for pair in read_split(folder, "train")})


def check_labels(folder: Path, rows: Iterable[tuple[str, Pair]], may_move: bool) -> None:
    """Check the labels of the splits.

    Args:
        folder: Folder of the dataset, with its splits.
        rows: The place of each pair of the recipe's files, as "FILE, row N", and the pair. Read only to report a
            mistake.
        may_move: Whether to move the examples of labels that the training split lacks to the training split. If false,
            such labels are a mistake.

    Raises:
        UserError: As for `check_counts`, or if the training split lacks a label.
    """
    counts = {split: Counter(pair.target for pair in read_split(folder, split)) for split in SPLITS}
    total = sum(counts.values(), Counter())
    check_counts(total, rows)
    if missing := sorted(total.keys() - counts["train"].keys()):
        if not may_move:
            raise UserError(
                f"{_place(missing[0], rows)}: label {missing[0]!r} is not in the training data{_others(missing)}; "
                "add examples of it to a file with split = 'train'"
            )
        _move_to_train(folder, set(missing))


def check_counts(counts: Counter[str], rows: Iterable[tuple[str, Pair]], where: str = "data") -> None:
    """Check the number of labels and of their examples.

    Args:
        rows: As for `check_labels`.
        where: Where the labels were found, for the message.

    Raises:
        UserError: If there are fewer than two labels, or a label has one example.
    """
    if len(counts) < FEWEST_LABELS:
        raise UserError(f"{where}: {len(counts)} label ({', '.join(counts)}), at least {FEWEST_LABELS} are needed")
    if rare := sorted(label for label, number in counts.items() if number < FEWEST_EXAMPLES):
        raise UserError(
            f"{_place(rare[0], rows)}: label {rare[0]!r} has 1 example, at least {FEWEST_EXAMPLES} are needed"
            f"{_others(rare)}; add examples, or leave the label out"
        )


def _move_to_train(folder: Path, labels: set[str]) -> None:
    """Move the held-out examples of some labels to the training split.

    Raises:
        UserError: If too few examples remain in a split.
    """
    with split_path(folder, "train").open("a", encoding="utf-8", newline="\n") as train:
        for split in ("valid", "test"):
            pairs = list(read_split(folder, split))
            with split_path(folder, split).open("w", encoding="utf-8", newline="\n") as file:
                for pair in pairs:
                    (train if pair.target in labels else file).write(split_line(pair))
            remaining = sum(pair.target not in labels for pair in pairs)
            if remaining < min(len(pairs), FEWEST.get(split, 0)):
                named = ", ".join(map(repr, sorted(labels)[:SHOWN]))
                raise UserError(
                    f"data.{split} must be larger: only {remaining} examples are left for this split, because those "
                    f"of {named} were moved to the training data, which had none; or add examples"
                )


def _place(label: str, rows: Iterable[tuple[str, Pair]]) -> str:
    """Return the place of the first row with a label. White space is ignored, as labels in splits are normalised."""
    return next((place for place, pair in rows if pair.target.split() == label.split()), "data")


def _others(labels: Sequence[str]) -> str:
    rest = [repr(label) for label in labels[1:SHOWN]]
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return f" (so have {', '.join(rest)}{more})" if rest else ""
