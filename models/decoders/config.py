"""Settings of each decoder. A new one adds its dataclass here, to `DecoderConfig`, and to `models/seq2seq.py`."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from annotated_types import Interval

from seq2edge.models.encoders.config import EncoderConfig
from seq2edge.models.layers.settings import MAX_LENGTH, Alignment, RecurrentSettings, Score, TransformerSettings

Attention = Literal["none", Score, "bahdanau"]
InitialState = Literal["copy", "bridge", "mean", "sum", "zeros"]
_ONE_DIRECTION = {"bidirectional": "a decoder writes from first token to last and cannot read ahead"}


@dataclass(frozen=True, kw_only=True)
class RecurrentDecoderConfig(RecurrentSettings):
    """Settings of `RecurrentDecoder`.

    Attributes:
        attention: "none" (the decoder knows the source from its initial state only; Sutskever et al. 2014), a score
            of `LuongAttention`, or "bahdanau" (Bahdanau et al. 2015). None: "general", or "scaled_dot" if encoder or
            decoder normalise their outputs.
        alignment: "global", or within `window` positions of a centre: "local-m" (the decoder's own position) or
            "local-p" (predicted; Luong et al. 2015, section 3.2).
        window: Number of positions that local attention sees on either side of its centre.
        input_feeding: Concatenate each attentional vector with the next step's input (Luong et al. 2015, section 3.3).
        initial_state: "copy" takes the encoder's final states; "bridge" applies a dense layer with tanh to them;
            "mean" and "sum" apply one to the mean of the memory, or to its sum divided by the square root of its
            length, in which a few positions of a long text keep more weight; "zeros" starts from zeros. None: "sum"
            for n-grams, else the first of these that fits the encoder.
    """

    REFUSED: ClassVar[Mapping[str, str]] = {**RecurrentSettings.REFUSED, **_ONE_DIRECTION}

    attention: Attention | None = None
    alignment: Alignment = "global"
    window: Annotated[int, Interval(ge=1, le=MAX_LENGTH)] | None = None
    input_feeding: bool = False
    initial_state: InitialState | None = None

    def resolved(self, encoder: EncoderConfig) -> "RecurrentDecoderConfig":
        """Return the same settings, with each None replaced by a value that fits the encoder."""
        # The vectors of a normalised memory are several times as long as those of a recurrent one. Unscaled scores
        # would be so large that the first updates fix attention on one position, often a wrong one.
        normalised = self.layer_norm or encoder.normalises_memory
        initial_state: InitialState = "copy" if encoder.final_states == self.kind else "bridge"
        if encoder.final_states is None:
            initial_state = "sum" if encoder.kind == "ngrams" else "mean"
        return dataclasses.replace(
            self,
            attention=self.attention or ("scaled_dot" if normalised else "general"),
            initial_state=self.initial_state or initial_state,
        )

    def mistakes(self, units: int, encoder: EncoderConfig) -> Iterator[str]:
        """Yield one line for each setting that does not fit the others, the width of the model or its encoder."""
        yield from self._alignment_mistakes()
        if self.attention == "none":
            yield from self._mistakes_without_attention()
        if self.attention == "bahdanau" and self.input_feeding:
            yield (
                "input_feeding must be false with attention = 'bahdanau', got true; Bahdanau's decoder already takes "
                "its context as input"
            )
        if self.initial_state == "copy" and encoder.final_states not in (None, self.kind):
            yield (
                "initial_state must be one of 'bridge', 'mean', 'sum', 'zeros', got 'copy'; states of encoder.kind = "
                f"{encoder.kind!r} do not fit decoder.kind = {self.kind!r}"
            )
        if self.initial_state in ("copy", "bridge") and encoder.final_states is None:
            yield (
                f"initial_state must be one of 'mean', 'sum', 'zeros', got {self.initial_state!r}; encoder.kind = "
                f"{encoder.kind!r} has no final state"
            )

    def _alignment_mistakes(self) -> Iterator[str]:
        if self.alignment == "global":
            if self.window is not None:
                yield (
                    f"window must be left out with alignment = 'global', got {self.window}; only 'local-m' and "
                    "'local-p' have a window"
                )
        elif self.window is None:
            yield (
                f"window must be at least 1 with alignment = {self.alignment!r}, got none; it is the number of "
                "positions on either side of the centre (Luong et al. used 10)"
            )

    def _mistakes_without_attention(self) -> Iterator[str]:
        if self.alignment != "global":
            yield (
                f"alignment must be 'global' with attention = 'none', got {self.alignment!r}; there is no attention to "
                "align"
            )
        if self.input_feeding:
            yield (
                "input_feeding must be false with attention = 'none', got true; there is no attentional vector to feed"
            )
        if self.initial_state == "zeros":
            yield (
                "initial_state must be one of 'copy', 'bridge', 'mean', 'sum' with attention = 'none', got 'zeros'; "
                "the initial state is then all that the decoder knows of the source"
            )


@dataclass(frozen=True, kw_only=True)
class TransformerDecoderConfig(TransformerSettings):
    """Settings of `TransformerDecoder`."""

    REFUSED: ClassVar[Mapping[str, str]] = {
        **TransformerSettings.REFUSED,
        **_ONE_DIRECTION,
        "attention": "every head of a Transformer decoder attends by scaled dot product",
        "alignment": "a Transformer decoder attends to the whole source",
        "window": "a Transformer decoder attends to the whole source",
        "input_feeding": "a Transformer decoder sees all its earlier steps, nothing is fed back",
        "initial_state": "a Transformer decoder has no recurrent state",
    }

    def mistakes(self, units: int, encoder: EncoderConfig) -> Iterator[str]:
        """Yield one line for each setting that does not fit the others or the width of the model."""
        return self.head_mistakes(units)


DecoderConfig: TypeAlias = RecurrentDecoderConfig | TransformerDecoderConfig  # distinguished by `kind`
