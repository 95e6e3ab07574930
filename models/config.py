"""Settings of a whole encoder-decoder, and which of them do not go together."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from seq2edge.models.checks import value_mistakes
from seq2edge.models.decoders.config import DecoderConfig, RecurrentDecoderConfig
from seq2edge.models.encoders.config import EncoderConfig, RecurrentEncoderConfig
from seq2edge.models.layers.settings import Length, Rate, RecurrentSettings, Width


@dataclass(frozen=True, kw_only=True)
class Seq2SeqSettings:
    """Settings of an encoder-decoder in a recipe.

    Attributes:
        encoder, decoder: Any encoder goes with any decoder.
        units: Width of the memory and of the decoder's layers.
        embedding: Width of the embeddings and of the vectors that the output layer reads.
        dropout: Of embeddings, between layers, and on the vectors.
        variational_dropout: One mask for all steps of a sentence, on recurrent states too (Gal & Ghahramani 2016).
        tie_embeddings: The output layer is the target embedding (Press & Wolf 2017).
        share_embeddings: The source embedding is the target embedding, which needs one vocabulary for both sides.
            None: if they are tied and there is one vocabulary.
        source_length: Longest source in tokens; location attention has a score for each of these positions.
        target_length: Longest target in tokens; a Transformer decoder's cache has room for this many steps.
    """

    encoder: EncoderConfig = field(default_factory=RecurrentEncoderConfig)
    decoder: DecoderConfig = field(default_factory=RecurrentDecoderConfig)
    units: Width = 256
    embedding: Width = 256
    dropout: Rate = 0.2
    variational_dropout: bool = False
    tie_embeddings: bool = True
    share_embeddings: bool | None = None
    source_length: Length = 64
    target_length: Length = 64

    def config(self, source_vocabulary: int, target_vocabulary: int, joint: bool) -> "Seq2SeqConfig":
        """The model over vocabularies of these sizes; joint: both sides have one vocabulary."""
        settings = {setting.name: getattr(self, setting.name) for setting in dataclasses.fields(Seq2SeqSettings)}
        if self.share_embeddings is None:
            settings["share_embeddings"] = self.tie_embeddings and joint
        return Seq2SeqConfig(source_vocabulary, target_vocabulary, **settings)


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig(Seq2SeqSettings):
    """An encoder-decoder over known vocabularies.

    Attributes:
        source_vocabulary, target_vocabulary: Tokens of each side.
        pad_id: Token id of padding.
    """

    source_vocabulary: int = field(kw_only=False)
    target_vocabulary: int = field(kw_only=False)
    share_embeddings: bool = False
    pad_id: int = 0

    def mistakes(self) -> list[str]:
        """Each setting that is not allowed or does not fit the others: its value, the reason, and what is allowed."""
        return list(value_mistakes(self)) or [
            *(f"encoder.{mistake}" for mistake in self.encoder.mistakes(self.units)),
            *(f"decoder.{mistake}" for mistake in self.decoder.mistakes(self.units, self.encoder)),
            *self._shared_mistakes(),
        ]

    def _shared_mistakes(self) -> Iterator[str]:
        if self.variational_dropout and not any(
            isinstance(side, RecurrentSettings) for side in (self.encoder, self.decoder)
        ):
            yield "variational_dropout = true: applies to recurrent layers, and this model has none; allowed: false"
        if self.share_embeddings and self.source_vocabulary != self.target_vocabulary:
            yield (
                f"share_embeddings = true: needs one vocabulary, and there are {self.source_vocabulary} source and "
                f"{self.target_vocabulary} target tokens; allowed: false, or one tokenizer for both sides"
            )
