"""Settings of whole models, and which of them do not go together."""

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
        decoder: Any encoder goes with any decoder.
        tie_embeddings: The output layer is the target embedding (Press & Wolf 2017).
        share_embeddings: The source embedding is the target embedding, which needs one vocabulary for both sides.
            None: if they are tied and there is one vocabulary, unless the encoder has embeddings of n-grams.
        target_length: Longest target in tokens; a Transformer decoder's cache has room for this many steps.
        copy: Tokens that the source has can be copied instead of generated (See et al. 2017), so that names, numbers
            and placeholders come through. It points with the decoder's attention.
    """

    decoder: DecoderConfig = field(default_factory=RecurrentDecoderConfig)
    tie_embeddings: bool = True
    share_embeddings: bool | None = None
    target_length: Length = 64
    copy: bool = False

    def config(self, source_vocabulary: int, target_vocabulary: int, joint: bool) -> "Seq2SeqConfig":
        """The model over vocabularies of these sizes; joint: both sides have one vocabulary."""
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
        target_vocabulary: Target tokens.
        unknown: unk is the target of sources that have no answer.
        copy_table: With `copy`, the target id of each source id, 0 where there is none; None: both sides have one
            vocabulary.
    """

    target_vocabulary: int = field(kw_only=False)
    share_embeddings: bool = False
    unknown: bool = False
    copy_table: tuple[int, ...] | None = None

    def mistakes(self) -> list[str]:
        """Each setting that is not allowed or does not fit the others: its value, the reason, and what is allowed."""
        return list(value_mistakes(self)) or [
            *(f"encoder.{mistake}" for mistake in self.encoder.mistakes(self.units)),
            *(f"decoder.{mistake}" for mistake in self.decoder.mistakes(self.units, self.encoder)),
            *self._shared_mistakes(),
        ]

    def _shared_mistakes(self) -> Iterator[str]:
        yield from self.recurrence_mistakes(self.decoder)
        if self.share_embeddings and self.source_vocabulary != self.target_vocabulary:
            yield (
                f"share_embeddings = true: needs one vocabulary, and there are {self.source_vocabulary} source and "
                f"{self.target_vocabulary} target tokens; allowed: false, or one tokenizer for both sides"
            )
        if self.share_embeddings and isinstance(self.encoder, NGramEncoderConfig):
            yield "share_embeddings = true: a target has no embeddings of n-grams; allowed: false"
        if self.copy and isinstance(self.decoder, RecurrentDecoderConfig) and self.decoder.attention == "none":
            yield (
                "copy = true: points with the attention, and decoder.attention = 'none' has none; allowed: false, or "
                "another attention"
            )


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(SourceSettings):
    """Settings of a text classifier in a recipe.

    Attributes:
        pooling: How the memory becomes one vector: the "mean" (Joulin et al. 2017), the "sum" over the root of the
            length, or the "max" (Collobert et al. 2011) of each feature, or "attention" of a learned query, whose
            weights can be shown (Yang et al. 2016).
    """

    pooling: Pooling = "mean"

    def config(self, source_vocabulary: int, classes: int) -> "ClassifierConfig":
        """The model over a vocabulary of this size and this many classes."""
        return ClassifierConfig(source_vocabulary, classes, **_values(self, ClassifierSettings))


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig(ClassifierSettings, SourceConfig):
    """A text classifier over a known vocabulary.

    Attributes:
        classes: Number of classes.
    """

    classes: Annotated[int, Interval(ge=1)] = field(kw_only=False)

    def mistakes(self) -> list[str]:
        """Each setting that is not allowed or does not fit the others: its value, the reason, and what is allowed."""
        return list(value_mistakes(self)) or [
            *(f"encoder.{mistake}" for mistake in self.encoder.mistakes(self.units)),
            *self.recurrence_mistakes(),
        ]


def _values(settings: Any, kind: type) -> dict[str, Any]:
    """The settings that a dataclass names, without those that its subclasses add."""
    return {setting.name: getattr(settings, setting.name) for setting in dataclasses.fields(kind)}
