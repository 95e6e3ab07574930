"""The recipe of an encoder-decoder."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from seq2edge.device.guard import pattern_mistake
from seq2edge.device.guard_patterns import syntax_mistake
from seq2edge.device.search.options import LARGEST_BEAM
from seq2edge.models.config import Seq2SeqSettings
from seq2edge.models.decoders.config import DecoderConfig, RecurrentDecoderConfig
from seq2edge.models.encoders.config import EncoderConfig, RecurrentEncoderConfig
from seq2edge.pipeline.recipe_schema.recipe import Export, Recipe
from seq2edge.pipeline.recipe_schema.section import Section, misfit
from seq2edge.pipeline.recipe_schema.sides import BY_KIND

BeamSize = Annotated[int, Field(ge=1, le=LARGEST_BEAM)]


@dataclass(frozen=True, kw_only=True)
class Model(Seq2SeqSettings):
    """`Seq2SeqSettings` in a recipe. An encoder or decoder is a table, or only its kind: `encoder = "gru"`."""

    encoder: Annotated[EncoderConfig, *BY_KIND] = field(default_factory=RecurrentEncoderConfig)
    decoder: Annotated[DecoderConfig, *BY_KIND] = field(default_factory=RecurrentDecoderConfig)


def _settings_fit(model: Model) -> Model:
    if mistakes := model.config(1, 1, joint=True).mistakes():
        raise misfit(mistakes)
    return model


FittingModel = Annotated[Model, AfterValidator(_settings_fit)]


class Fallback(Section):
    """A line that replaces replies whose score is below a threshold. The threshold is chosen on validation data."""

    replies: dict[str, str]  # by language: "ko", "en"
    share: Annotated[float, Field(gt=0, lt=1)] = 0.05  # largest share of the correct validation replies to replace


class FollowUpSettings(Section):
    """A kind of message that refers to the previous reply, such as "why?"."""

    # The data's replies to such messages, for a conversation that starts with one. A model that gives one of these
    # replies has recognised the kind of message.
    replies: Annotated[list[str], Field(min_length=1)]
    path: str | None = None  # a file of pairs, previous reply → answer; None: the previous reply is repeated


class Decoding(Section):
    beam: BeamSize = 1
    length_penalty: Annotated[float, Field(ge=0, le=5)] = 0.6  # Wu et al. 2016, equation 14
    all_items: bool = False  # write every number, path and placeholder of the source; needs tokenizer.slots
    fallback: Fallback | None = None
    follow_ups: list[FollowUpSettings] = Field(default_factory=list)  # a chat's memory of one reply; empty: no memory


BUNDLED_GUARD = ("overdose", "self_harm", "abuse", "eating_disorder", "illness", "bereavement")  # names of categories


class GuardCategory(Section):
    """Messages that get a fixed reply instead of the model's."""

    name: Annotated[str, Field(pattern="^[a-z0-9_]+$")]
    replies: Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(min_length=1)]  # by language: "ko", "en"
    patterns: Annotated[dict[str, list[str]], Field(min_length=1)]  # regular expressions, by language
    unless: dict[str, list[str]] = Field(default_factory=dict)  # expressions removed from a message before matching

    @model_validator(mode="after")
    def _patterns_are_valid(self) -> "GuardCategory":
        mistakes = [
            f"patterns.{language} must contain regular expressions for folded text, got {pattern!r}; {mistake}"
            for language, patterns in self.patterns.items()
            for pattern in patterns
            if (mistake := pattern_mistake(pattern, language))
        ]
        mistakes += [
            f"unless.{language} must contain regular expressions, got {pattern!r}; {mistake}"
            for language, patterns in self.unless.items()
            for pattern in patterns
            if (mistake := syntax_mistake(pattern))
        ]
        if mistakes:
            raise misfit(mistakes)
        return self


class GuardSettings(Section):
    """Messages that get a fixed reply, without a call of the model."""

    bundled: bool = True  # include the bundled categories for people in distress, in English and Korean
    categories: list[GuardCategory] = Field(default_factory=list)  # the user's own, which are tried first

    @model_validator(mode="after")
    def _names_are_unique(self) -> "GuardSettings":
        taken, mistakes = set(BUNDLED_GUARD if self.bundled else ()), []
        for name in (category.name for category in self.categories):
            if name in taken:
                mistakes.append(f"categories must have names of their own, got {name!r}, which is taken")
            taken.add(name)
        if mistakes:
            raise misfit(mistakes)
        return self


class Seq2SeqExport(Export):
    # Beam sizes of the decode steps. pydantic copies the default for each recipe.
    beam_sizes: Annotated[list[BeamSize], Field(min_length=1)] = [1, 5]  # noqa: RUF012
    shortlist: Annotated[int, Field(ge=0, le=1000)] = 0  # target tokens listed for each source token; 0: no shortlist


class Seq2SeqRecipe(Recipe):
    TEXT_SIDES: ClassVar[tuple[str, ...]] = ("source", "target")
    STOP_ON: ClassVar[tuple[str, ...]] = ("loss", "bleu", "chrf", "exact_match")

    model: FittingModel = Model()
    # The members of an ensemble made by `seq2edge ensemble`. All have the lengths of `model`. Empty: only `model`.
    members: list[FittingModel] = Field(default_factory=list)
    decoding: Decoding = Decoding()
    guard: GuardSettings | None = None  # None: every message goes to the model
    export: Seq2SeqExport = Seq2SeqExport()

    @property
    def copies(self) -> bool:
        return self.model.copy

    @property
    def is_ensemble(self) -> bool:
        return bool(self.members)

    def mistakes(self) -> Iterator[str]:
        if self.model.share_embeddings and not self.tokenizer.joint:
            yield (
                "model.share_embeddings must be false with tokenizer.joint = false, got true; it needs one vocabulary "
                "for both sides"
            )
        if self.decoding.all_items and not self.tokenizer.slots:
            yield "decoding.all_items must be false with tokenizer.slots = 0, got true; it needs slots for the items"
        shares = self.model.config(1, 1, self.tokenizer.joint).share_embeddings
        if self.training.pretrain_epochs and shares:
            yield (
                f"training.pretrain_epochs must be 0 unless model.share_embeddings = false, got "
                f"{self.training.pretrain_epochs}; it freezes the source embeddings, which are shared with the target"
            )
        if self.decoding.beam > max(self.export.beam_sizes):
            yield (
                f"decoding.beam must be at most the largest of export.beam_sizes, {max(self.export.beam_sizes)}, got "
                f"{self.decoding.beam}"
            )
        yield from super().mistakes()
