"""What the runtimes can read, and the refusal of a file that one of them cannot."""

from collections.abc import Iterable, Sequence
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.manifest import Runtime

# Highest operator versions that tflite-runtime 2.14.0 loads, found by benchmarks/operator_versions.py: each operator of
# our files with its version counted up until the runtime refuses it. LiteRT is newer than the converter.
TFLITE_2_14 = {
    "ABS": 5, "ADD": 5, "ARG_MAX": 3, "BATCH_MATMUL": 4, "BROADCAST_TO": 3, "CAST": 5, "CONCATENATION": 4, "COS": 1,
    "DEQUANTIZE": 5, "DIV": 2, "DYNAMIC_UPDATE_SLICE": 1, "EQUAL": 4, "EXP": 2, "EXPAND_DIMS": 1, "FILL": 4,
    "FULLY_CONNECTED": 10, "GATHER": 6, "GREATER": 2, "LESS": 3, "LESS_EQUAL": 2, "LOG": 1, "LOGICAL_AND": 1,
    "LOGISTIC": 3, "MAXIMUM": 4, "MEAN": 3, "MINIMUM": 4, "MUL": 7, "NEG": 1, "NOT_EQUAL": 3, "ONE_HOT": 1, "PACK": 4,
    "RANGE": 2, "REDUCE_MAX": 3, "REDUCE_PROD": 2, "RESHAPE": 1, "RSQRT": 2, "SELECT": 4, "SELECT_V2": 2, "SHAPE": 1,
    "SIN": 1, "SOFTMAX": 3, "SPLIT": 4, "SQUARE": 1, "SQUARED_DIFFERENCE": 2, "STRIDED_SLICE": 8, "SUB": 5, "SUM": 2,
    "TANH": 3, "TOPK_V2": 3, "TRANSPOSE": 6, "WHILE": 1,
}  # fmt: skip
KNOWN: dict[Runtime, dict[str, int] | None] = {  # None: whatever is built in
    "litert": None,
    "tflite-2.14": TFLITE_2_14,
    "web": None,
}
SHORTEST_FIXED = 16


def check_operators(operators: Sequence[dict[str, Any]], runtimes: Iterable[Runtime]) -> None:
    """Refuse what a runtime lacks.

    Args:
        operators: Names and versions, as the file itself says.
        runtimes: Of `KNOWN`.

    Raises:
        UserError: With every operator that one of them lacks, or has in an older version.
    """
    for runtime in runtimes:
        offered = KNOWN[runtime]
        if offered is None:
            continue
        lacking = [
            f"{name} {version} (it has {'up to ' + str(offered[name]) if name in offered else 'none we know of'})"
            for name, version in ((operator["name"], operator["version"]) for operator in operators)
            if version > offered.get(name, 0)
        ]
        if lacking:
            raise UserError(
                f"the runtime {runtime} cannot run this model: {', '.join(lacking)}; "
                "another architecture or quantization may, or export for litert alone: --runtime litert"
            )


def fixed_lengths(named: Sequence[int], runtimes: Iterable[Runtime], longest: int) -> list[int]:
    """Source lengths that get signatures of known shapes.

    A browser's runtime takes no others, so for it there is one that takes the longest source, and where none are
    named shorter ones, each twice the one before.

    Args:
        named: By the user.
        longest: Tokens a source may have.
    """
    if "web" not in runtimes:
        return sorted(set(named))
    doubled = [SHORTEST_FIXED << power for power in range(16) if SHORTEST_FIXED << power < longest]
    return sorted({*(named or doubled), longest})
