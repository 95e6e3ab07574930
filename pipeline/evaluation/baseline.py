"""Baselines that a model should beat: simple models of the training data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2edge.device.tasks import BaselineName
from seq2edge.pipeline.data.readers import Pair

BATCH = 256  # number of sources compared at once; their similarities to all training sources are a dense matrix
MOST_PAIRS = 100_000  # training pairs that baselines are fitted to; with more they take minutes and gigabytes


@dataclass(frozen=True)
class Baseline:
    """The answers of a baseline, one for each example of a set."""

    name: BaselineName
    answers: list[str]

    @classmethod
    def of(cls, name: BaselineName, pairs: Sequence[Pair], sources: Sequence[str]) -> "Baseline":
        """Fit a baseline to training pairs, and answer sources with it."""
        return cls(name, BASELINES[name](pairs, sources))

    @property
    def key(self) -> str:
        """The name in JSON, e.g. "nearest_neighbour"."""
        return self.name.lower().replace(" ", "_")


def nearest_neighbour(pairs: Sequence[Pair], sources: Sequence[str]) -> list[str]:
    """Return, for each source, the target of the most similar training source by TF-IDF of character 1- to 4-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = vectorizer.fit_transform(pair.source for pair in pairs)
    replies = []
    for start in range(0, len(sources), BATCH):
        similarities = vectorizer.transform(sources[start : start + BATCH]) @ known.T
        replies += [pairs[int(row.toarray().argmax())].target for row in similarities]
    return replies


def linear_svm(pairs: Sequence[Pair], sources: Sequence[str]) -> list[str]:
    """Return the labels that a linear support vector machine predicts from TF-IDF of character 1- to 5-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True)
    classifier = make_pipeline(vectorizer, LinearSVC(dual=True, random_state=0))
    classifier.fit([pair.source for pair in pairs], [pair.target for pair in pairs])
    return [str(label) for label in classifier.predict(list(sources))]


def copy_source(pairs: Sequence[Pair], sources: Sequence[str]) -> list[str]:
    """Return the sources themselves."""
    return list(sources)


BASELINES: dict[BaselineName, Callable[[Sequence[Pair], Sequence[str]], list[str]]] = {
    "nearest neighbour": nearest_neighbour,
    "copy": copy_source,
    "linear SVM": linear_svm,
}
