"""Encoders and decoders as a recipe gives them: a table with a kind, or only the kind."""

from typing import Any

from pydantic import BeforeValidator, Discriminator

from seq2edge.models.encoders.config import RecurrentEncoderConfig


def spelled_out(side: Any) -> Any:
    """Return an encoder or decoder as a table with its kind. The default kind is "lstm"."""
    if isinstance(side, str):
        return {"kind": side}
    return {"kind": RecurrentEncoderConfig.kind, **side} if isinstance(side, dict) else side


BY_KIND = (Discriminator("kind"), BeforeValidator(spelled_out))
