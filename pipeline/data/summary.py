"""Formats the summary of a dataset."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from seq2edge.pipeline.data.dataset import SPLITS
from seq2edge.pipeline.data.mixing import shares
from seq2edge.pipeline.recipe_schema.data import Data


def describe(data: Data, summary: Mapping[str, Any]) -> str:
    """Return the summary of a dataset in a few lines: pairs, pairs by domain, dropped pairs with examples, lengths."""
    pairs = ", ".join(f"{count:,} {split}" for split, count in summary["pairs"].items() if split in SPLITS)
    lines = [f"pairs: {pairs}", *_describe_files(data, summary)]
    dropped = summary["dropped"] | {k: v for k, v in summary["pairs"].items() if k not in SPLITS and v}
    dropped |= {"more tokens than the model allows": summary["too_many_tokens"]} if summary["too_many_tokens"] else {}
    for reason, count in dropped.items():
        example = summary["dropped_examples"].get(reason)
        lines.append(f"dropped: {count:,} {reason}" + (f", e.g. {example}" if example else ""))
    for side, lengths in summary["lengths"].items():
        lines.append(f"{side} tokens: median {lengths['50']}, 99 % up to {lengths['99']}, longest {lengths['100']}")
    return "\n".join(lines)


def _describe_files(data: Data, summary: Mapping[str, Any]) -> list[str]:
    """Describe the pairs of each domain, and of each file without a domain, if there are at least two of these."""
    rows = Counter[int]()
    for file, number in summary["origins"]:
        rows[file] += number
    names = [file.domain or file.path for file in data.files]
    pairs: dict[str, Counter[str]] = {name: Counter() for name in names}
    parts = dict.fromkeys(names, 0.0)
    own_shares = shares(data, [rows[number] for number in range(len(names))])
    for name, counts, share in zip(names, summary["files"], own_shares, strict=True):
        pairs[name].update({split: counts[split] for split in SPLITS})
        parts[name] += share
    if len(pairs) < 2:
        return []
    return [
        f"  {name}: {', '.join(f'{count:,} {split}' for split, count in pairs[name].items())}, {part:.1%} of training"
        for name, part in parts.items()
    ]
