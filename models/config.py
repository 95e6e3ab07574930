"""Settings of whole models, and checks that they fit together."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Interval

from seq2edge.models.checks import value_mistakes
from seq2edge.models.decoders.config import DecoderConfig, RecurrentDecoderConfig
from seq2edge.models.encoders.config import NGramEncoderConfig, SourceConfig, SourceSettings
from seq2edge.models.layers.settings import Length, Pooling


@dataclass(frozen=True, kw_only=True)
class Seq2SeqSettings(SourceSettings):
    """Settings of an encoder-decoder in a recipe.

    Attributes:
        decoder: Settings of the decoder. Any encoder can be combined with any decoder.
        tie_embeddings: Use the target embedding as the output layer (Press & Wolf 2017).
        share_embeddings: Use one embedding for source and target, which needs one vocabulary for both sides. None:
            true if the embeddings are tied and there is one vocabulary, but false for an encoder over n-grams.
        target_length: Longest target in tokens. It is also the length of a Transformer decoder's cache.
        copy: Let the decoder copy source tokens instead of generating them (See et al. 2017), which keeps names,
            numbers and placeholders intact. The decoder's attention chooses the tokens.
    """

    decoder: DecoderConfig = field(default_factory=RecurrentDecoderConfig)
    tie_embeddings: bool = True
    share_embeddings: bool | None = None
    target_length: Length = 64
    copy: bool = False

    def config(self, source_vocabulary: int, target_vocabulary: int, joint: bool) -> "Seq2SeqConfig":
        """Return the settings of the model over vocabularies of these sizes; joint: both sides share one vocabulary."""
        settings = _values(self, Seq2SeqSettings)
        if self.share_embeddings is None:
            settings["share_embeddings"] = (
                self.tie_embeddings and joint and not isinstance(self.encoder, NGramEncoderConfig)
            )
        return Seq2SeqConfig(source_vocabulary, target_vocabulary, **settings)


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig(Seq2SeqSettings, SourceConfig):
    """An encoder-decoder over known vocabularies.

    Attributes:
        target_vocabulary: Size of the target vocabulary.
        unknown: Whether sources without an answer have the token unk as their target.
        copy_table: With `copy`, the target id of each source id, 0 where there is none. None: both sides share one
            vocabulary.
    """

    target_vocabulary: int = field(kw_only=False)
    share_embeddings: bool = False
    unknown: bool = False
    copy_table: tuple[int, ...] | None = None

    def mistakes(self) -> list[str]:
        """Return one line for each setting that is not allowed or does not fit the others, with the allowed values."""
        return list(value_mistakes(self)) or [
            *(f"encoder.{mistake}" for mistake in self.encoder.mistakes(self.units)),
            *(f"decoder.{mistake}" for mistake in self.decoder.mistakes(self.units, self.encoder)),
            *self._shared_mistakes(),
        ]

    def _shared_mistakes(self) -> Iterator[str]:
        yield from self.recurrence_mistakes(self.decoder)
        if self.share_embeddings and self.source_vocabulary != self.target_vocabulary:
            yield (
                "share_embeddings must be false unless both sides have the same tokenizer, got true with "
                f"{self.source_vocabulary} source and {self.target_vocabulary} target tokens"
            )
        if self.share_embeddings and isinstance(self.encoder, NGramEncoderConfig):
            yield (
                f"share_embeddings must be false with encoder.kind = {self.encoder.kind!r}, got true; a target has no "
                "embeddings of n-grams"
            )
        if self.copy and isinstance(self.decoder, RecurrentDecoderConfig) and self.decoder.attention == "none":
            yield "copy must be false with decoder.attention = 'none', got true; it copies where the attention points"


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(SourceSettings):
    """Settings of a text classifier in a recipe.

    Attributes:
        pooling: How the memory is reduced to one vector. "mean": the mean of each feature (Joulin et al. 2017);
            "sum": the sum divided by the square root of the length; "max": the maximum (Collobert et al. 2011);
            "attention": a mean weighted by attention to a learned query (Yang et al. 2016), whose weights can be shown.
    """

    pooling: Pooling = "mean"

    def config(self, source_vocabulary: int, classes: int) -> "ClassifierConfig":
        """Return the settings of the model over a vocabulary of this size, with this many classes."""
        return ClassifierConfig(source_vocabulary, classes, **_values(self, ClassifierSettings))


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig(ClassifierSettings, SourceConfig):
    """A text classifier over a known vocabulary.

    Attributes:
        classes: Number of classes.
    """

    classes: Annotated[int, Interval(ge=1)] = field(kw_only=False)

    def mistakes(self) -> list[str]:
        """Return one line for each setting that is not allowed or does not fit the others, with the allowed values."""
        return list(value_mistakes(self)) or [
            *(f"encoder.{mistake}" for mistake in self.encoder.mistakes(self.units)),
            *self.recurrence_mistakes(),
        ]


def _values(settings: Any, kind: type) -> dict[str, Any]:
    """Return the settings that the dataclass `kind` defines, without those that its subclasses add."""
    return {setting.name: getattr(settings, setting.name) for setting in dataclasses.fields(kind)}
