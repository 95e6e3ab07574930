"""Subword regularisation: sampled encodings of a text, reproducible from a seed."""

import math
import random
from collections.abc import Collection, Iterator

import sentencepiece

ALPHA = 0.2  # smoothing: 0 samples all segmentations uniformly, 1 by their probability in the model
UNKNOWN = 10.0  # SentencePiece's penalty for a character that no token covers


class Sampler:
    """Samples encodings from a SentencePiece model.

    SentencePiece (0.2.3) ignores a seed: its generator differs from process to process. So the segmentations of a
    unigram model are sampled here, from the same distribution: a forward pass over the lattice of tokens, then
    backward sampling from its end. SentencePiece itself samples from a BPE model (BPE dropout), so that the results
    differ between runs.

    Args:
        unigram: Whether the model is a unigram model. Otherwise it is a BPE model.
        seed: Seed of the generator. Samples also depend on the order of the calls.
    Reference:
        [Kudo, 2018](https://arxiv.org/abs/1804.10959)
    """

    def __init__(self, processor: sentencepiece.SentencePieceProcessor, unigram: bool, seed: int):
        self.processor, self.unigram, self.random = processor, unigram, random.Random(seed)
        ordinary = [i for i in range(processor.get_piece_size()) if not _is_special(processor, i)]
        self.tokens = {processor.id_to_piece(i): (i, ALPHA * processor.get_score(i)) for i in ordinary}
        self.longest = max(map(len, self.tokens), default=1)
        self.unknown = min((score for _, score in self.tokens.values()), default=0.0) - ALPHA * UNKNOWN

    def draw(self, text: str, number: int, kept: Collection[str] = ()) -> Iterator[list[int]]:
        """Sample `number` encodings, each without eos.

        Args:
            kept: Tokens to keep whole where the most probable encoding has them, so that a model can learn to copy
                them. Ignored for a BPE model.
        """
        if not self.unigram:
            for _ in range(number):
                yield self.processor.encode(text, enable_sampling=True, alpha=ALPHA, nbest_size=-1)
            return
        if not number:
            return
        runs = [(run, self._lattice(run) if sampled else None) for run, sampled in self._runs(text, kept)]
        for _ in range(number):
            drawn = (self._walk_back(run, lattice) if lattice else [self.tokens[run][0]] for run, lattice in runs)
            yield [token_id for ids in drawn for token_id in ids]

    def _runs(self, text: str, kept: Collection[str]) -> Iterator[tuple[str, bool]]:
        """Yield parts of the normalised text: a token to keep, or the text between two of them, which is sampled."""
        start = end = 0
        marked = self.processor.normalize(text)
        for token in self.processor.encode(text, out_type=str) if kept else ():
            if token not in self.tokens:
                continue  # bytes of a character that no other token has
            place = marked.index(token, end)  # at `end`, or after such characters
            end = place + len(token)
            if token in kept:
                if place > start:
                    yield marked[start:place], True
                yield token, False
                start = end
        if start < len(marked):
            yield marked[start:], True

    def _lattice(self, text: str) -> list[list[tuple[int, float]]]:
        """Return, for each position, the tokens that end there: their start, and their cumulative probability."""
        total = [0.0] + [-math.inf] * len(text)  # log of the summed weights of all segmentations up to a position
        lattice: list[list[tuple[int, float]]] = [[]]
        for end in range(1, len(text) + 1):
            starts, weights = [], []
            for start in range(max(0, end - self.longest), end):
                token = self.tokens.get(text[start:end])
                if token or end - start == 1:
                    starts.append(start)
                    weights.append(total[start] + (token[1] if token else self.unknown))
            largest = max(weights)
            total[end] = largest + math.log(math.fsum(math.exp(weight - largest) for weight in weights))
            cumulative, total_share = [], 0.0
            for weight in weights:
                total_share += math.exp(weight - total[end])
                cumulative.append(total_share)
            lattice.append(list(zip(starts, cumulative, strict=True)))
        return lattice

    def _walk_back(self, text: str, lattice: list[list[tuple[int, float]]]) -> list[int]:
        found: list[list[int]] = []
        end = len(text)
        while end:
            drawn = self.random.random()
            start = next((start for start, up_to in lattice[end] if drawn < up_to), lattice[end][-1][0])
            token = self.tokens.get(text[start:end])
            found.append([token[0]] if token else self._byte_ids(text[start:end]))
            end = start
        return [token_id for ids in reversed(found) for token_id in ids]

    def _byte_ids(self, character: str) -> list[int]:
        return [self.processor.piece_to_id(f"<0x{byte:02X}>") for byte in character.encode()]


def _is_special(processor: sentencepiece.SentencePieceProcessor, token_id: int) -> bool:
    return processor.is_control(token_id) or processor.is_unknown(token_id) or processor.is_byte(token_id)
