"""A guard as a TensorFlow graph, for SavedModels that take text."""

import string

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.device.guard import (
    APOSTROPHE,
    COMPACT,
    LAUGHTER,
    LETTERS,
    CategoryJson,
    GuardJson,
    without_placeholders,
)
from seq2edge.device.guard_classifier import (
    CHECKS,
    FIRST,
    FNV_MASK,
    FNV_OFFSET,
    FNV_PRIME,
    LONGEST,
    LONGEST_UNIT,
    ZERO,
    ClassifierJson,
    Linear,
    LinearJson,
)
from seq2edge.device.processors.text import INVISIBLE

NO_WORD = r"[^\pL\pN]+"  # `seq2edge.device.guard.NO_WORD` in the syntax of RE2


class GraphGuard(tf.Module):
    """`seq2edge.device.guard.Guard` as a graph."""

    def __init__(self, guard: GuardJson):
        super().__init__(name="guard")
        self.entries = without_placeholders(guard)
        self.classifiers = {
            language: GraphClassifier(values) for language, values in sorted(guard.get("classifiers", {}).items())
        }

    def answer(self, text: tf.Tensor, answers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Replace a model's answers with the guard's replies where the guard applies.

        Args:
            text, answers: Strings `(batch,)`.

        Returns:
            The answers, and the category of each text, "" if the model answered; strings `(batch,)`.
        """
        korean = _contains(text, LETTERS["ko"].pattern)
        languages = {language for entry in self.entries for language in entry["patterns"]} | self.classifiers.keys()
        folded = {language: fold(text, language) for language in languages}
        categories = tf.zeros_like(text)
        for entry in self.entries:
            unsure = self.classifiers if entry.get("classified") else {}
            found = tf.zeros_like(korean)
            for language in entry["patterns"].keys() - unsure.keys():
                found = tf.logical_or(found, _found(folded[language], korean, language, entry))
            categories = tf.where(tf.logical_and(categories == "", found), entry["name"], categories)
        for language in self.classifiers:
            categories = tf.where(categories == "", self._classified(folded[language], korean, language), categories)
        for entry in self.entries:
            replies, first = entry["replies"], next(iter(entry["replies"].values()))
            reply = tf.where(korean, replies.get("ko", first), replies.get("en", first))
            answers = tf.where(categories == entry["name"], reply, answers)
        return answers, categories

    def _classified(self, text: tf.Tensor, korean: tf.Tensor, language: str) -> tf.Tensor:
        """Return the categories of folded texts, or "", from the patterns and the classifier of a language."""
        hits = tf.zeros_like(text)
        for entry in self.entries:
            if entry.get("classified"):
                new = tf.logical_and(hits == "", _found(text, korean, language, entry))
                hits = tf.where(new, entry["name"], hits)
        is_distress, most_likely = self.classifiers[language](text, hits != "")
        if language == "ko":
            is_distress = tf.logical_and(is_distress, korean)
        return tf.where(is_distress, tf.where(hits == "", most_likely, hits), "")


class GraphClassifier(tf.Module):
    """`seq2edge.device.guard_classifier.Classifier` as a graph."""

    def __init__(self, values: ClassifierJson):
        super().__init__(name="classifier")
        self.unit, self.longest = values["unit"], values["longest"]
        self.bonus, self.threshold = values["bonus"], values["threshold"]
        self.names = list(values["categories"])
        self.distress = GraphLinear(values["distress"])
        self.categories = [GraphLinear(linear) for linear in values["categories"].values()]

    def __call__(self, text: tf.Tensor, has_pattern: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return whether folded texts express distress, and their most likely categories; each `(batch,)`."""
        is_word = self.unit == "word"
        units = tf.strings.split(text) if is_word else tf.strings.unicode_split(text, "UTF-8")
        space, lengths = " " if is_word else "", range(1, self.longest + 1)
        units = units[:, :LONGEST]
        units = units.with_flat_values(tf.strings.substr(units.flat_values, 0, LONGEST_UNIT, unit="UTF8_CHAR"))
        grams = tf.concat([tf.strings.ngrams(units, length, space) for length in lengths], axis=1)
        hashes = grams.with_flat_values(_hashes_of(grams.flat_values))
        logit = self.distress(hashes) + self.bonus * tf.cast(has_pattern, tf.float32)
        scores = tf.stack([linear(hashes) for linear in self.categories], axis=1)
        return logit > self.threshold, tf.gather(self.names, tf.argmax(scores, axis=1))


class GraphLinear(tf.Module):
    """`seq2edge.device.guard_classifier.Linear` as a graph."""

    def __init__(self, values: LinearJson):
        super().__init__(name="linear")
        linear = Linear(values)
        self.bias, self.scale, self.slots = linear.bias, linear.scale, linear.slots
        self.table = tf.constant(np.frombuffer(linear.table, np.uint8).reshape(-1, 2))

    def __call__(self, hashes: tf.RaggedTensor) -> tf.Tensor:
        """Compute the values `(batch,)` of hashes `(batch, None)` of n-grams."""

        def weights(flat: tf.Tensor) -> tf.Tensor:
            slots = tf.cast(tf.gather(self.table, flat % self.slots), tf.int64)
            is_known = slots[:, 0] == FIRST + flat // self.slots % CHECKS
            return tf.cast(tf.where(is_known, slots[:, 1] - ZERO, 0), tf.float32)

        sums = tf.reduce_sum(tf.ragged.map_flat_values(weights, hashes), 1)
        number = tf.maximum(1.0, tf.cast(hashes.row_lengths(), tf.float32))
        return self.bias + self.scale * sums / tf.sqrt(number)


def _hashes_of(grams: tf.Tensor) -> tf.Tensor:
    """`seq2edge.device.guard_classifier.hash_of` of n-grams `(number,)`."""
    letters = tf.cast(tf.strings.unicode_decode(grams, "UTF-8").to_tensor(-1), tf.int64)

    def extended(value: tf.Tensor, letter: tf.Tensor) -> tf.Tensor:
        return tf.where(letter < 0, value, tf.bitwise.bitwise_xor(value, letter) * FNV_PRIME % (FNV_MASK + 1))

    return tf.foldl(extended, tf.transpose(letters), tf.fill(tf.shape(grams), tf.constant(FNV_OFFSET, tf.int64)))


def fold(text: tf.Tensor, language: str) -> tf.Tensor:
    """Fold texts `(batch,)` for the patterns of a language."""
    text = tf.strings.lower(
        tf_text.normalize_utf8(tf.strings.regex_replace(text, INVISIBLE.pattern, ""), "NFC"), "utf-8"
    )
    text = tf.strings.regex_replace(text, APOSTROPHE.pattern, "")
    for letter in string.ascii_lowercase:
        text = tf.strings.regex_replace(text, f"{letter}{{3,}}", letter)
    text = tf.strings.regex_replace(tf.strings.regex_replace(text, LAUGHTER.pattern, " "), NO_WORD, " ")
    if language in COMPACT:
        return tf.strings.regex_replace(text, " ", "")
    return tf.strings.join([" ", tf.strings.strip(text), " "])


def _found(text: tf.Tensor, korean: tf.Tensor, language: str, entry: CategoryJson) -> tf.Tensor:
    """Return whether a pattern of a category matches each text, which is folded for the language."""
    for pattern in entry["unless"].get(language, []):
        text = tf.strings.regex_replace(text, pattern, " ")
    patterns = entry["patterns"].get(language, [])
    hits = tf.reduce_any([tf.zeros_like(korean), *(_contains(text, pattern) for pattern in patterns)], axis=0)
    return tf.logical_and(hits, korean) if language == "ko" else hits


def _contains(text: tf.Tensor, pattern: str) -> tf.Tensor:
    return tf.strings.regex_full_match(text, f".*(?:{pattern}).*")
