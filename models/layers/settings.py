"""Settings of layers, and their bounds.

This module and the `config.py` of encoders and decoders do not import Keras, so that a recipe is checked without delay.
Bounds and allowed values are annotations, which `seq2edge.models.checks` reads, and pydantic when it loads a recipe.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

CellKind = Literal["rnn", "gru", "lstm"]
Score = Literal["dot", "general", "concat", "location", "scaled_dot"]
Alignment = Literal["global", "local-m", "local-p"]
Pooling = Literal["mean", "sum", "max", "attention"]
Layers = Annotated[int, Interval(ge=1, le=8)]
Width = Annotated[int, Interval(ge=4, le=4096)]
MAX_LENGTH = 2048  # tokens of a source or a target
Length = Annotated[int, Interval(ge=4, le=MAX_LENGTH)]  # in tokens, eos included
Rate = Annotated[float, Interval(ge=0, lt=1)]


@dataclass(frozen=True, kw_only=True)
class RecurrentSettings:
    """Stacked recurrent layers.

    Attributes:
        kind: The cell: "rnn" (Elman 1990), "gru" (Cho et al. 2014) or "lstm" (Hochreiter & Schmidhuber 1997).
        layers: Number of layers.
        residual: Add its input to the output of each layer above the first (Wu et al. 2016, section 3.1).
        layer_norm: Normalise each layer's output (Ba et al. 2016), before its input is added.
    """

    # Settings of other kinds, and why this kind does not have them.
    REFUSED: ClassVar[Mapping[str, str]] = {
        "heads": "recurrent layers have no attention heads",
        "feed_forward": "recurrent layers have no feed-forward sublayer",
    }

    kind: CellKind = "lstm"
    layers: Layers = 1
    residual: bool = False
    layer_norm: bool = False


@dataclass(frozen=True, kw_only=True)
class TransformerSettings:
    """Stacked Transformer layers (Vaswani et al. 2017) with pre-layer normalisation (Xiong et al. 2020).

    Attributes:
        layers: Number of layers.
        heads: Number of attention heads, a divisor of the units.
        feed_forward: Width of the feed-forward sublayer. None: four times the units.
    """

    REFUSED: ClassVar[Mapping[str, str]] = {
        "residual": "every sublayer of a Transformer has a residual connection",
        "layer_norm": "every sublayer of a Transformer is normalised",
    }

    kind: Literal["transformer"] = "transformer"
    layers: Layers = 1
    heads: Annotated[int, Interval(ge=1, le=64)] = 4
    feed_forward: Annotated[int, Interval(ge=4, le=16_384)] | None = None

    def feed_forward_units(self, units: int) -> int:
        """Width of the feed-forward sublayer."""
        return self.feed_forward or 4 * units

    def head_mistakes(self, units: int) -> Iterator[str]:
        """Yield one line if the heads do not divide the units."""
        if units % self.heads:
            divisors = [str(n) for n in range(1, min(units, 16) + 1) if units % n == 0]
            yield (
                f"heads must be a divisor of units = {units} ({', '.join(divisors)}), got {self.heads}; every head has "
                "an equal share of the units"
            )
