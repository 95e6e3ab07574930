"""A guard as a TensorFlow graph, for SavedModels that take text."""

import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.device.guard import COMPACT, CategoryJson, GuardJson
from seq2edge.export.text_codec import INVISIBLE

# What `seq2edge.device.guard.fold` does, in RE2.
APOSTROPHE = "['’‘`´]"
LAUGHTER = "[ㅋㅎㅠㅜㅡ]+"
NO_WORD = r"[^\pL\pN\pM]+"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HANGUL = r"\p{Hangul}"


class GraphGuard(tf.Module):
    """`seq2edge.device.guard.Guard` as a graph."""

    def __init__(self, guard: GuardJson):
        super().__init__(name="guard")
        self.guard = guard

    def answer(self, text: tf.Tensor, answers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Put the guard's replies in place of a model's answers.

        Args:
            text, answers: Strings `(batch,)`.

        Returns:
            The answers, and the category of each text, "" where the model answered; strings `(batch,)`.
        """
        korean = _contains(text, HANGUL)
        folded = {"en": fold(text, "en"), "ko": fold(text, "ko")}
        categories = tf.zeros_like(text)
        for entry in self.guard["categories"]:
            new = tf.logical_and(categories == "", _belongs(folded, korean, entry))
            replies, first = entry["replies"], next(iter(entry["replies"].values()))
            reply = tf.where(korean, replies.get("ko", first), replies.get("en", first))
            categories, answers = tf.where(new, entry["name"], categories), tf.where(new, reply, answers)
        return answers, categories


def fold(text: tf.Tensor, language: str) -> tf.Tensor:
    """Texts `(batch,)` as the patterns of a language see them."""
    text = tf.strings.lower(tf_text.normalize_utf8(tf.strings.regex_replace(text, INVISIBLE, ""), "NFC"), "utf-8")
    text = tf.strings.regex_replace(text, APOSTROPHE, "")
    for letter in LETTERS:
        text = tf.strings.regex_replace(text, f"{letter}{{3,}}", letter)
    text = tf.strings.regex_replace(tf.strings.regex_replace(text, LAUGHTER, " "), NO_WORD, " ")
    if language in COMPACT:
        return tf.strings.regex_replace(text, " ", "")
    return tf.strings.join([" ", tf.strings.strip(text), " "])


def _belongs(folded: dict[str, tf.Tensor], korean: tf.Tensor, entry: CategoryJson) -> tf.Tensor:
    """Whether each text belongs to a category."""
    found = tf.zeros_like(korean)
    for language, patterns in entry["patterns"].items():
        text = folded[language]
        for pattern in entry["unless"].get(language, []):
            text = tf.strings.regex_replace(text, pattern, " ")
        hits = tf.reduce_any([_contains(text, pattern) for pattern in patterns], axis=0)
        found = tf.logical_or(found, tf.logical_and(hits, korean) if language == "ko" else hits)
    return found


def _contains(text: tf.Tensor, pattern: str) -> tf.Tensor:
    return tf.strings.regex_full_match(text, f".*(?:{pattern}).*")
