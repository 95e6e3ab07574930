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

from seq2edge.device.guard import Category, fold
from seq2edge.device.guard_classifier import SEPARATOR, Classifier, ClassifierJson, LinearJson, Unit, ngrams
from seq2edge.export.guard import LANGUAGES, WEIGHTS, bundled_categories
from seq2edge.pipeline.data.corpus import intents
from seq2edge.pipeline.files import write_text

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
        least: Smallest number of messages in which an n-gram must occur.
        kept: Number of weights of distress to keep, the largest ones. The categories together keep a quarter of it.
        inverse_penalty: C of scikit-learn.
    """

    unit: Unit
    longest: int
    bonus: float
    threshold: float
    least: int
    kept: int
    inverse_penalty: float = 100.0


SETTINGS = {
    "en": Settings("word", longest=2, bonus=2.0, threshold=1.0, least=2, kept=28_000),
    "ko": Settings("character", longest=3, bonus=1.0, threshold=1.2, least=2, kept=28_000),
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
    features = Features([*(fold(text, language) for _, text in given), *phrasings], settings)
    labels = np.array([category != HARMLESS for category, _ in given] + [False] * len(phrasings))
    values: ClassifierJson = {
        "unit": settings.unit,
        "longest": settings.longest,
        "distress": {"bias": 0.0, "weights": []},
        "categories": _categories(language, settings, given),
        "bonus": settings.bonus,
        "threshold": settings.threshold,
    }
    importance = np.ones(len(labels))
    has_pattern = _pattern_hits(language, phrasings)
    for _ in range(ROUNDS):
        values["distress"] = features.fitted(labels, settings.kept, importance)
        is_alarm = Classifier(values).is_distress
        alarms = np.array([is_alarm(text, hit) for text, hit in zip(phrasings, has_pattern, strict=True)])
        if not alarms.any():
            return values
        importance[len(given) :][alarms] *= 2
    raise RuntimeError(f"phrasings of the corpus raise an alarm: {np.array(phrasings)[alarms].tolist()}")


def _categories(language: str, settings: Settings, given: Sequence[tuple[str, str]]) -> dict[str, LinearJson]:
    """Train a linear model for each category against the others."""
    distress = [(category, fold(text, language)) for category, text in given if category != HARMLESS]
    features = Features([text for _, text in distress], settings)
    names = sorted({category for category, _ in distress})
    kept = settings.kept // 4 // len(names)
    return {name: features.fitted(np.array([category == name for category, _ in distress]), kept) for name in names}


def _pattern_hits(language: str, texts: Sequence[str]) -> list[bool]:
    categories = [Category(**category) for category in bundled_categories()]
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
        self.names = vectorizer.get_feature_names_out()
        lengths = [max(1, len(ngrams(text, settings.unit, settings.longest))) for text in texts]
        rareness = np.log(len(texts) / (1 + np.asarray((counts > 0).sum(axis=0)).ravel()))
        self.scales = rareness / rareness.mean()
        self.matrix = counts.multiply(1 / np.sqrt(lengths)[:, np.newaxis]).multiply(self.scales).tocsc()

    def fitted(self, labels: np.ndarray, kept: int, importance: np.ndarray | None = None) -> LinearJson:
        """Fit a logistic regression of labels `(texts,)`, and keep the given number of n-grams."""
        weights, _ = self._regression(self.matrix, self.scales, labels, importance)
        largest = np.sort(np.argsort(-np.abs(weights), kind="stable")[:kept])
        weights, bias = self._regression(self.matrix[:, largest], self.scales[largest], labels, importance)
        groups: dict[float, list[str]] = {}
        for name, weight in zip(self.names[largest], weights.round(1).tolist(), strict=True):
            groups.setdefault(weight, []).append(name)
        groups.pop(0.0, None)
        return {
            "bias": round(bias, 3),
            "weights": [{"weight": weight, "ngrams": SEPARATOR.join(groups[weight])} for weight in sorted(groups)],
        }

    def _regression(
        self, matrix: Matrix, scales: np.ndarray, labels: np.ndarray, importance: np.ndarray | None
    ) -> tuple[np.ndarray, float]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=self.settings.inverse_penalty, solver="liblinear", random_state=0, tol=1e-2)
        model.fit(matrix, labels, sample_weight=importance)
        return model.coef_[0] * scales, float(model.intercept_[0])


def main(folder: Path) -> None:
    """Train the classifiers and write their weights into the guard's folder in the repository."""
    classifiers = {language: train(language, messages(folder, language)) for language in LANGUAGES}
    content = {"messages": digests(folder), "classifiers": classifiers}
    write_text(folder / WEIGHTS.name, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
