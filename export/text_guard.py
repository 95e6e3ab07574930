"""A guard as a TensorFlow graph, for SavedModels that take text."""

import tensorflow as tf
import tensorflow_text as tf_text

from seq2edge.device.guard import COMPACT, CategoryJson, GuardJson
from seq2edge.device.guard_classifier import LONGEST, ClassifierJson, Linear
from seq2edge.export.text_codec import INVISIBLE

# The same as `seq2edge.device.guard.fold`, as regular expressions of RE2.
APOSTROPHE = "['’‘`´]"
LAUGHTER = "[ㅋㅎㅠㅜㅡ]+"
NO_WORD = r"[^\pL\pN\pM]+"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HANGUL = r"\p{Hangul}"


class GraphGuard(tf.Module):
    """`seq2edge.device.guard.Guard` as a graph."""

    def __init__(self, guard: GuardJson):
        super().__init__(name="guard")
        self.entries = guard["categories"]
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
        korean = _contains(text, HANGUL)
        folded = {"en": fold(text, "en"), "ko": fold(text, "ko")}
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
        linears = [Linear(one) for one in (values["distress"], *values["categories"].values())]
        known = sorted({gram for linear in linears for gram in linear.weights})
        self.biases = tf.constant([linear.bias for linear in linears], tf.float32)
        weights = [[linear.weights.get(gram, 0.0) for linear in linears] for gram in known]
        self.weights = tf.constant([*weights, [0.0] * len(linears)], tf.float32)  # the last row is for other n-grams
        rows = tf.lookup.KeyValueTensorInitializer(known, range(len(known)), tf.string, tf.int64)
        self.rows = tf.lookup.StaticHashTable(rows, len(known))

    def __call__(self, text: tf.Tensor, has_pattern: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return whether folded texts express distress, and their most likely categories; each `(batch,)`."""
        is_word = self.unit == "word"
        units = tf.strings.split(text) if is_word else tf.strings.unicode_split(text, "UTF-8")
        space, lengths = " " if is_word else "", range(1, self.longest + 1)
        grams = tf.concat([tf.strings.ngrams(units[:, :LONGEST], length, space) for length in lengths], axis=1)
        sums = tf.reduce_sum(tf.ragged.map_flat_values(lambda flat: tf.gather(self.weights, self.rows[flat]), grams), 1)
        number = tf.maximum(1.0, tf.cast(grams.row_lengths(), tf.float32))
        scores = self.biases + sums / tf.sqrt(number)[:, tf.newaxis]
        logit = scores[:, 0] + self.bonus * tf.cast(has_pattern, tf.float32)
        return logit > self.threshold, tf.gather(self.names, tf.argmax(scores[:, 1:], axis=1))


def fold(text: tf.Tensor, language: str) -> tf.Tensor:
    """Fold texts `(batch,)` for the patterns of a language."""
    text = tf.strings.lower(tf_text.normalize_utf8(tf.strings.regex_replace(text, INVISIBLE, ""), "NFC"), "utf-8")
    text = tf.strings.regex_replace(text, APOSTROPHE, "")
    for letter in LETTERS:
        text = tf.strings.regex_replace(text, f"{letter}{{3,}}", letter)
    text = tf.strings.regex_replace(tf.strings.regex_replace(text, LAUGHTER, " "), NO_WORD, " ")
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
