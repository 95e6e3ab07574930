"""The nearest-neighbour baseline, which a chat model has to beat."""

from collections.abc import Iterable, Sequence

from seq2edge.pipeline.data.readers import Pair

BATCH = 256  # sources compared at once: their similarities to all training sources are a dense matrix


def nearest_neighbour(train: Iterable[Pair], sources: Sequence[str]) -> list[str]:
    """For each source the target of the most similar training source, by TF-IDF of character n-grams (1 to 4)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pairs = list(train)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = vectorizer.fit_transform(pair.source for pair in pairs)
    replies = []
    for start in range(0, len(sources), BATCH):
        similarities = vectorizer.transform(sources[start : start + BATCH]) @ known.T
        replies += [pairs[int(row.toarray().argmax())].target for row in similarities]
    return replies
