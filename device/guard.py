"""Phrases that decide before a chat's model, so that nobody in distress gets a joke.

It is a safety net and not a service: it recognises what its patterns say and nothing else.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2edge.device.errors import UserError
from seq2edge.device.json_types import NotEmpty, mistakes
from seq2edge.device.processors.text import INVISIBLE

FILE = "guard.json"
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
APOSTROPHE = re.compile("['’‘`´]")
NO_WORD = re.compile(r"[\W_]+")
STRETCHED = re.compile(r"([a-z])\1{2,}")  # "soooo"
LAUGHTER = re.compile("[ㅋㅎㅠㅜㅡ]+")  # and tears, which stand between words


def fold(text: str, language: str) -> str:
    """A text as the patterns of a language see it: lower case without punctuation, each word between single spaces.
    For Korean without spaces, since people leave them out or put them anywhere."""
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text)).casefold()
    text = STRETCHED.sub(r"\1", APOSTROPHE.sub("", text))
    words = NO_WORD.sub(" ", LAUGHTER.sub(" ", text)).split()
    return "".join(words) if language == "ko" else f" {' '.join(words)} "
