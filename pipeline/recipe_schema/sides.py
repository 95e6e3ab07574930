"""Encoders and decoders as a recipe has them: a table with a kind, or the kind alone."""

from typing import Any

from pydantic import BeforeValidator, Discriminator

from seq2edge.models.encoders.config import RecurrentEncoderConfig


def spelled_out(side: Any) -> Any:
    """An encoder or decoder as a table with its kind; without one it is the default kind of both, "lstm"."""
    if isinstance(side, str):
        return {"kind": side}
    return {"kind": RecurrentEncoderConfig.kind, **side} if isinstance(side, dict) else side


BY_KIND = (Discriminator("kind"), BeforeValidator(spelled_out))
