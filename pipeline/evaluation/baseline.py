"""What a model has to beat: the answer of the nearest training source."""

from collections.abc import Iterable, Sequence

from seq2edge.pipeline.data.readers import Pair


def nearest_neighbour(train: Iterable[Pair], sources: Sequence[str]) -> list[str]:
    """For each source the target of the training source nearest by TF-IDF of its character n-grams (1 to 4)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pairs = list(train)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = vectorizer.fit_transform(pair.source for pair in pairs)
    answers = []
    for start in range(0, len(sources), 256):  # a few at a time: the similarities are a dense matrix
        similarities = vectorizer.transform(sources[start : start + 256]) @ known.T
        answers += [pairs[int(row.toarray().argmax())].target for row in similarities]
    return answers
