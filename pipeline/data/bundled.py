"""The bundled corpora, by their paths in a recipe."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from seq2edge.pipeline.data.corpus import corpus_pairs, intent_pairs, unknown_pairs
from seq2edge.pipeline.data.phrases import phrase_pairs
from seq2edge.pipeline.data.readers import Pair

CORPORA: Mapping[str, Callable[[], Iterator[Pair]]] = {
    "bundled:smalltalk": corpus_pairs,
    "bundled:unknown": unknown_pairs,
    "bundled:intents": intent_pairs,
    "bundled:phrases": phrase_pairs,
    "bundled:phrases-reversed": partial(phrase_pairs, is_reversed=True),
    "bundled:phrases-test": partial(phrase_pairs, is_test=True),
    "bundled:phrases-test-reversed": partial(phrase_pairs, is_test=True, is_reversed=True),
}
