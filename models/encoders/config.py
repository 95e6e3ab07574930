"""Settings of each encoder. A new one adds its dataclass here, to `EncoderConfig`, and to `models/seq2seq.py`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from seq2edge.models.layers.settings import CellKind, RecurrentSettings, TransformerSettings


@dataclass(frozen=True, kw_only=True)
class RecurrentEncoderConfig(RecurrentSettings):
    """Settings of `RecurrentEncoder`.

    Attributes:
        bidirectional: The source is read in both directions, each with half of the units (Schuster & Paliwal 1997).
    """

    bidirectional: bool = True

    @property
    def final_states(self) -> CellKind | None:
        """The cell whose states the encoder ends with; None if it has none."""
        return self.kind

    @property
    def normalises_memory(self) -> bool:
        return self.layer_norm

    def mistakes(self, units: int) -> Iterator[str]:
        """Settings that do not fit each other or the width of the model."""
        if self.bidirectional and units % 2:
            yield (
                f"bidirectional = true: each of two directions has half of the units, and units = {units} is odd; "
                "allowed: an even number of units, or false"
            )


@dataclass(frozen=True, kw_only=True)
class TransformerEncoderConfig(TransformerSettings):
    """Settings of `TransformerEncoder`."""

    REFUSED: ClassVar[Mapping[str, str]] = {
        **TransformerSettings.REFUSED,
        "bidirectional": "a Transformer encoder always sees both sides",
    }

    @property
    def final_states(self) -> CellKind | None:
        return None

    @property
    def normalises_memory(self) -> bool:
        return True

    def mistakes(self, units: int) -> Iterator[str]:
        """Settings that do not fit each other or the width of the model."""
        return self.head_mistakes(units)


EncoderConfig: TypeAlias = RecurrentEncoderConfig | TransformerEncoderConfig  # distinguished by `kind`
