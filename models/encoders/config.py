"""Settings of each encoder.

A new encoder is a module with its layer, a dataclass here and in `EncoderConfig`, and an entry of `ENCODERS` in
`build.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, TypeAlias

from annotated_types import Interval

from seq2edge.models.layers.settings import CellKind, Length, Rate, RecurrentSettings, TransformerSettings, Width

MAX_ROWS = 22_000  # of the table of n-grams; multiplied by the factor of the hash it stays below 2**31


@dataclass(frozen=True, kw_only=True)
class RecurrentEncoderConfig(RecurrentSettings):
    """Settings of `RecurrentEncoder`.

    Attributes:
        bidirectional: Read the source in both directions, each with half of the units (Schuster & Paliwal 1997).
    """

    bidirectional: bool = True

    @property
    def final_states(self) -> CellKind | None:
        """The kind of cell that the encoder's final states come from; None if it has no states."""
        return self.kind

    @property
    def normalises_memory(self) -> bool:
        return self.layer_norm

    @property
    def adds_positions(self) -> bool:
        """Whether signals of positions are added to the embeddings."""
        return False

    def mistakes(self, units: int) -> Iterator[str]:
        """Settings that do not fit each other or the width of the model."""
        if self.bidirectional and units % 2:
            yield (
                f"bidirectional must be false with an odd number of units, {units}, got true; each direction has half "
                "of the units"
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

    @property
    def adds_positions(self) -> bool:
        """Whether signals of positions are added to the embeddings."""
        return True

    def mistakes(self, units: int) -> Iterator[str]:
        """Settings that do not fit each other or the width of the model."""
        return self.head_mistakes(units)


@dataclass(frozen=True, kw_only=True)
class BagEncoderConfig:
    """Settings of `BagEncoder`."""

    REFUSED: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("layers", "residual", "layer_norm", "heads", "feed_forward", "bidirectional"), "a bag of tokens has no layers"
    )

    kind: Literal["bag"] = "bag"

    @property
    def final_states(self) -> CellKind | None:
        return None

    @property
    def normalises_memory(self) -> bool:
        return False

    @property
    def adds_positions(self) -> bool:
        """Whether signals of positions are added to the embeddings."""
        return False

    def mistakes(self, units: int) -> Iterator[str]:
        """Settings that do not fit each other or the width of the model."""
        return iter(())


@dataclass(frozen=True, kw_only=True)
class NGramEncoderConfig(BagEncoderConfig):
    """Settings of a bag of n-grams: a `BagEncoder` over an `NGramEmbedding`.

    Attributes:
        longest: Length of the longest n-grams in tokens.
        rows: Number of rows of the hash table for n-grams of two and more tokens; ideally a prime.
        hashes: Number of rows whose sum is the embedding of an n-gram. With two, n-grams that share one row rarely
            share the other (Svenstrup et al. 2017).
    """

    REFUSED: ClassVar[Mapping[str, str]] = dict.fromkeys(BagEncoderConfig.REFUSED, "a bag of n-grams has no layers")

    kind: Literal["ngrams"] = "ngrams"  # type: ignore[assignment]
    longest: Annotated[int, Interval(ge=2, le=8)] = 5
    rows: Annotated[int, Interval(ge=16, le=MAX_ROWS)] = 16_381
    hashes: Annotated[int, Interval(ge=1, le=2)] = 1


EncoderConfig: TypeAlias = (  # distinguished by `kind`
    RecurrentEncoderConfig | TransformerEncoderConfig | BagEncoderConfig | NGramEncoderConfig
)


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Settings of the source embedding and of the encoder, which all families of models share.

    Attributes:
        encoder: Settings of the encoder.
        units: Width of the memory, and of a decoder's layers.
        embedding: Width of the embeddings, and of the vectors that a decoder's output layer reads.
        dropout: Rate of dropout on embeddings, between layers, and before the output layer.
        variational_dropout: Use one dropout mask for all steps of a sentence, and also on recurrent states (Gal &
            Ghahramani 2016).
        source_length: Longest source in tokens. Location attention has a score for each of these positions.
    """

    encoder: EncoderConfig = field(default_factory=RecurrentEncoderConfig)
    units: Width = 256
    embedding: Width = 256
    dropout: Rate = 0.2
    variational_dropout: bool = False
    source_length: Length = 64

    def recurrence_mistakes(self, *others: object) -> Iterator[str]:
        """Yield one line if variational dropout is set, and neither the encoder nor `others` are recurrent."""
        if self.variational_dropout and not any(
            isinstance(side, RecurrentSettings) for side in (self.encoder, *others)
        ):
            yield "variational_dropout must be false in a model without recurrent layers, got true"


@dataclass(frozen=True, kw_only=True)
class SourceConfig(SourceSettings):
    """`SourceSettings` over a known vocabulary.

    Attributes:
        source_vocabulary: Size of the source vocabulary.
        pad_id: Token id of padding.
    """

    source_vocabulary: int = field(kw_only=False)
    pad_id: int = 0
