"""Trains the classifiers of the bundled guard.

    python -m seq2edge.export.guard_training pipeline/corpora/smalltalk/guard

Run it after changing the guard's messages, its patterns or the bundled corpus. The result is reproducible. The messages
are only in the repository and not in the wheel, because nothing else needs them.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.guard import LETTERS, Category, fold, without_placeholders
from seq2edge.device.guard_classifier import (
    CHECKS,
    FIRST,
    ZERO,
    Classifier,
    ClassifierJson,
    LinearJson,
    Unit,
    hash_of,
    ngrams,
)
from seq2edge.export.guard import LANGUAGES, WEIGHTS, bundled_patterns
from seq2edge.pipeline.data.corpus import intents, unknown_pairs
from seq2edge.pipeline.data.phrases import phrase_pairs
from seq2edge.pipeline.files import write_text

CATEGORY_SLOTS = 2_048  # slots of the table of a category
LARGEST, CLIPPED = 45, 0.9995  # largest weight in a table, in units; the share of weights that are not clipped to it
HARMLESS = "harmless"  # category of messages that the guard must not answer
ROUNDS = 12  # largest number of rounds; after each, phrasings of the corpus that raise an alarm get twice the weight
Matrix = Any  # scipy's sparse (messages, n-grams)


@dataclass(frozen=True)
class Settings:
    """Settings of the training of a language's classifier.

    The thresholds are those at which 1 % of the near misses of a validation set raise a false alarm. The other values
    were chosen by cross-validation over writers (docs/guard.md).

    Attributes:
        unit, longest, bonus, threshold: As in `ClassifierJson`.
        ordinary: Weight of an everyday sentence of the corpora; a message has 1.
        least: Smallest number of messages in which an n-gram must occur.
        slots: Slots of the table of distress.
        inverse_penalty: C of scikit-learn.
    """

    unit: Unit
    longest: int
    bonus: float
    threshold: float
    ordinary: float
    least: int
    slots: int
    inverse_penalty: float = 100.0


SETTINGS = {
    "en": Settings("word", longest=3, bonus=3.0, threshold=0.2, ordinary=1.0, least=2, slots=120_000),
    "ko": Settings("character", longest=4, bonus=2.0, threshold=0.5, ordinary=0.3, least=2, slots=393_216),
}


def messages(folder: Path, language: str) -> list[tuple[str, str]]:
    """Return the category and text of each training message of a language.

    Args:
        folder: The guard's folder in the repository.
        language: The language.
    """
    lines = _file(folder, language).read_text(encoding="utf-8").splitlines()[1:]
    return [(category, text) for category, text in (line.split("\t") for line in lines)]


def _file(folder: Path, language: str) -> Path:
    return folder / "messages" / f"{language}.tsv"


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the messages of each language."""
    return {language: hashlib.sha256(_file(folder, language).read_bytes()).hexdigest() for language in LANGUAGES}


def train(language: str, given: Sequence[tuple[str, str]]) -> ClassifierJson:
    """Train the classifier of a language on `messages` so that no phrasing of the bundled corpus raises an alarm."""
    settings = SETTINGS[language]
    phrasings = [fold(text, language) for intent in intents() for text in intent.phrasings[language]]
    ordinary = _ordinary(language)
    features = Features([*(fold(text, language) for _, text in given), *ordinary, *phrasings], settings)
    labels = np.array([category != HARMLESS for category, _ in given] + [False] * (len(ordinary) + len(phrasings)))
    values: ClassifierJson = {
        "unit": settings.unit,
        "longest": settings.longest,
        "distress": {"bias": 0.0, "scale": 1.0, "table": "#Q"},
        "categories": _categories(language, settings, given),
        "bonus": settings.bonus,
        "threshold": settings.threshold,
    }
    importance = np.repeat([1.0, settings.ordinary, 1.0], [len(given), len(ordinary), len(phrasings)])
    has_pattern = _pattern_hits(language, phrasings)
    for _ in range(ROUNDS):
        values["distress"] = features.fitted(labels, settings.slots, importance)
        is_alarm = Classifier(values).is_distress
        alarms = np.array([is_alarm(text, hit) for text, hit in zip(phrasings, has_pattern, strict=True)])
        if not alarms.any():
            return values
        importance[-len(phrasings) :][alarms] *= 2
    raise RuntimeError(f"phrasings of the corpus raise an alarm: {np.array(phrasings)[alarms].tolist()}")


def _ordinary(language: str) -> list[str]:
    """Return everyday sentences of the bundled corpora, folded, but none in which a pattern matches."""
    texts = [pair.source for pair in unknown_pairs()]
    texts += [text for pair in phrase_pairs() for text in (pair.source, pair.target)]
    is_korean = LETTERS["ko"].search
    folded = sorted({fold(text, language) for text in texts if bool(is_korean(text)) == (language == "ko")})
    return [text for text, hit in zip(folded, _pattern_hits(language, folded), strict=True) if not hit]


def _categories(language: str, settings: Settings, given: Sequence[tuple[str, str]]) -> dict[str, LinearJson]:
    """Train a linear model for each category against the others."""
    distress = [(category, fold(text, language)) for category, text in given if category != HARMLESS]
    features = Features([text for _, text in distress], settings)
    names = sorted({category for category, _ in distress})
    labels = {name: np.array([category == name for category, _ in distress]) for name in names}
    return {name: features.fitted(labels[name], CATEGORY_SLOTS) for name in names}


def _pattern_hits(language: str, texts: Sequence[str]) -> list[bool]:
    categories = [Category(**category) for category in without_placeholders(bundled_patterns())]
    return [any(category.found(language, text) for category in categories) for text in texts]


class Features:
    """The n-grams of folded texts as a matrix. Rare n-grams are scaled up, to offset the penalty on large weights."""

    def __init__(self, texts: Sequence[str], settings: Settings):
        from sklearn.feature_extraction.text import CountVectorizer

        self.settings = settings
        vectorizer = CountVectorizer(
            analyzer=lambda text: ngrams(text, settings.unit, settings.longest), min_df=settings.least, dtype=np.float64
        )
        counts = vectorizer.fit_transform(texts)
        self.hashes = np.array([hash_of(gram) for gram in vectorizer.get_feature_names_out()])
        lengths = [max(1, sum(1 for _ in ngrams(text, settings.unit, settings.longest))) for text in texts]
        rareness = np.log(len(texts) / (1 + np.asarray((counts > 0).sum(axis=0)).ravel()))
        self.scales = rareness / rareness.mean()
        self.matrix = counts.multiply(1 / np.sqrt(lengths)[:, np.newaxis]).multiply(self.scales).tocsc()

    def fitted(self, labels: np.ndarray, slots: int, importance: np.ndarray | None = None) -> LinearJson:
        """Fit a logistic regression of labels `(texts,)`. Each slot keeps the n-gram with the largest weight."""
        weights, _ = self._regression(slice(None), labels, importance)
        by_weight = np.argsort(-np.abs(weights), kind="stable")
        _, first = np.unique(self.hashes[by_weight] % slots, return_index=True)
        kept = np.sort(by_weight[first])
        weights, bias = self._regression(kept, labels, importance)
        scale = float(f"{np.quantile(np.abs(weights), CLIPPED) / LARGEST:.3g}")
        table = np.tile(np.array([FIRST, ZERO], np.uint8), (slots, 1))
        checks, places = np.divmod(self.hashes[kept], slots)
        table[places, 0] = FIRST + checks % CHECKS
        table[places, 1] = ZERO + np.clip(np.rint(weights / scale), -LARGEST, LARGEST)
        return {"bias": round(bias, 3), "scale": scale, "table": table.tobytes().decode("ascii")}

    def _regression(
        self, columns: slice | np.ndarray, labels: np.ndarray, importance: np.ndarray | None
    ) -> tuple[np.ndarray, float]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=self.settings.inverse_penalty, solver="liblinear", random_state=0, tol=1e-2)
        model.fit(self.matrix[:, columns], labels, sample_weight=importance)
        return model.coef_[0] * self.scales[columns], float(model.intercept_[0])


def main(folder: Path) -> None:
    """Train the classifiers and write their weights into the guard's folder in the repository."""
    classifiers = {language: train(language, messages(folder, language)) for language in LANGUAGES}
    content = {"messages": digests(folder), "classifiers": classifiers}
    write_text(folder / WEIGHTS.name, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
