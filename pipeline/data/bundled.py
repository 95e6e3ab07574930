"""The bundled corpora, by their paths in a recipe."""

from collections.abc import Callable, Iterator, Mapping

from seq2edge.pipeline.data.corpus import corpus_pairs, intent_pairs, unknown_pairs
from seq2edge.pipeline.data.phrases import independent_phrase_pairs, phrase_pairs
from seq2edge.pipeline.data.readers import Pair

CORPORA: Mapping[str, Callable[[], Iterator[Pair]]] = {
    "bundled:smalltalk": corpus_pairs,
    "bundled:unknown": unknown_pairs,
    "bundled:intents": intent_pairs,
    "bundled:phrases": phrase_pairs,
    "bundled:phrases-test": independent_phrase_pairs,
}
