"""Names of the signatures in a model file."""

from collections.abc import Sequence

ENCODE, DECODE_STEP = "encode", "decode_step_"  # how the names of the encoder and of all decode steps begin
OUTPUT_ROWS = "output_rows"
GENERATE_SHORTLIST = "generate_shortlist"


def encode(length: int | None = None) -> str:
    """Name of the encoder's signature. `length` is a fixed source length; None: any."""
    return f"{ENCODE}{_suffix(length)}"


def decode_step(rows: int, length: int | None = None) -> str:
    """Name of a decode step for this number of hypotheses; `length` as for `encode`."""
    return f"{DECODE_STEP}{rows}{_suffix(length)}"


def decode_step_shortlist(rows: int) -> str:
    """Name of a decode step that scores only the tokens of a shortlist."""
    return f"{DECODE_STEP}{rows}_shortlist"


def generate(length: int | None = None) -> str:
    """Name of the greedy search in one call; `length` as for `encode`."""
    return f"generate{_suffix(length)}"


def classify(length: int | None = None) -> str:
    """Name of the classifier's signature; `length` as for `encode`."""
    return f"classify{_suffix(length)}"


def required_names(beam_sizes: Sequence[int], fixed_lengths: Sequence[int]) -> set[str]:
    """Names of all signatures of an encoder-decoder with these beam sizes and fixed source lengths."""
    lengths = (None, *fixed_lengths)
    steps = {decode_step(rows, length) for rows in beam_sizes for length in lengths}
    return steps | {name(length) for name in (encode, generate) for length in lengths}


def _suffix(length: int | None) -> str:
    return "" if length is None else f"_s{length}"
