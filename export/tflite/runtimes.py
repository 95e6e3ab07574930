"""Target runtimes: the operators that each supports, and the fixed source lengths that browsers need."""

from collections.abc import Iterable, Sequence

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Operator, Runtime

# The highest operator versions that tflite-runtime 2.14.0 loads. They were found by benchmarks/operator_versions.py,
# which raises the version of each operator until the runtime refuses the file. LiteRT needs no such list, because it is
# newer than the converter.
TFLITE_2_14 = {
    "ABS": 5, "ADD": 5, "ARG_MAX": 3, "BATCH_MATMUL": 4, "BROADCAST_TO": 3, "CAST": 5, "CONCATENATION": 4, "COS": 1,
    "DEQUANTIZE": 5, "DIV": 2, "DYNAMIC_UPDATE_SLICE": 1, "EQUAL": 4, "EXP": 2, "EXPAND_DIMS": 1, "FILL": 4,
    "FLOOR_DIV": 3, "FULLY_CONNECTED": 10, "GATHER": 6, "GREATER": 2, "LESS": 3, "LESS_EQUAL": 2, "LOG": 1,
    "LOGICAL_AND": 1, "LOGISTIC": 3, "MAXIMUM": 4, "MEAN": 3, "MINIMUM": 4, "MUL": 7, "NEG": 1, "NOT_EQUAL": 3,
    "ONE_HOT": 1, "PACK": 4, "RANGE": 2, "REDUCE_MAX": 3, "REDUCE_PROD": 2, "RESHAPE": 1, "RSQRT": 2, "SCATTER_ND": 1,
    "SELECT": 4, "SELECT_V2": 2, "SHAPE": 1, "SIN": 1, "SOFTMAX": 3, "SPLIT": 4, "SQUARE": 1, "SQUARED_DIFFERENCE": 2,
    "STRIDED_SLICE": 8, "SUB": 5, "SUM": 2, "TANH": 3, "TOPK_V2": 3, "TRANSPOSE": 6, "WHILE": 1, "ZEROS_LIKE": 1,
}  # fmt: skip
KNOWN: dict[Runtime, dict[str, int] | None] = {  # None: all built-in operators
    "litert": None,
    "tflite-2.14": TFLITE_2_14,
    "web": None,
}
SHORTEST_FIXED = 16


def check_operators(operators: Sequence[Operator], runtimes: Iterable[Runtime]) -> None:
    """Refuse operators that a target runtime does not support.

    Args:
        operators: Names and versions of the operators in the file.
        runtimes: Names of runtimes in `KNOWN`.

    Raises:
        UserError: If a runtime lacks operators or has only older versions of them. The message lists them all.
    """
    for runtime in runtimes:
        offered = KNOWN[runtime]
        if offered is None:
            continue
        lacking = [
            f"{name} {version} (supported: {'up to ' + str(offered[name]) if name in offered else 'no version'})"
            for name, version in ((operator["name"], operator["version"]) for operator in operators)
            if version > offered.get(name, 0)
        ]
        if lacking:
            raise UserError(
                f"the runtime {runtime} cannot run this model: {', '.join(lacking)}; "
                "try another architecture or quantization, or export for LiteRT only: --runtime litert"
            )


def fixed_lengths(given: Sequence[int], runtimes: Iterable[Runtime], longest: int) -> list[int]:
    """Return the source lengths in tokens that get signatures with static shapes.

    The runtimes in browsers need them. For "web" the longest source is always included, and if no lengths are given,
    also 16, 32, 64 … up to it.

    Args:
        given: The recipe's lengths.
        runtimes: Target runtimes.
        longest: Largest number of tokens of a source.
    """
    if "web" not in runtimes:
        return sorted(set(given))
    doubled = [SHORTEST_FIXED << power for power in range(16) if SHORTEST_FIXED << power < longest]
    return sorted({*(given or doubled), longest})
