"""Shortlists: target tokens that are likely for a source. The output layer computes the logits of only these."""

from dataclasses import dataclass

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.special_ids import EOS

FILE = "shortlist.bin"
ALWAYS = 64  # this many of the most frequent tokens are in every shortlist
MULTIPLE = 64  # lengths of shortlists are multiples of it: the interpreter allocates again for each length


@dataclass(frozen=True)
class Shortlist:
    """Likely target tokens of each source token.

    Every source contains eos; its list has the most frequent target tokens.

    Attributes:
        starts: Start of each source token's list in `ids`, `(source_vocabulary + 1,)`.
        ids: Ids of target tokens; the lists of all source tokens, one after another.
        vocabulary: Size of the target vocabulary.
    """

    starts: np.ndarray
    ids: np.ndarray
    vocabulary: int

    def of(self, source_ids: np.ndarray, fewest: int = 0) -> np.ndarray:
        """Select the target tokens for a source.

        Args:
            source_ids: Token ids of the source.
            fewest: Minimum number of target tokens; fewer are returned only if the vocabulary is smaller.

        Returns:
            Ids of target tokens, int32, ascending.
        """
        frequent, chosen = self.of_token(EOS), np.zeros(self.vocabulary, bool)
        chosen[frequent[: max(ALWAYS, fewest)]] = True
        for token in source_ids:
            if token != EOS:
                chosen[self.of_token(token)] = True
        rest = frequent[~chosen[frequent]]
        chosen[rest[: -np.count_nonzero(chosen) % MULTIPLE]] = True
        return np.flatnonzero(chosen).astype(np.int32)

    def of_token(self, token: int) -> np.ndarray:
        """The likely target tokens of a source token."""
        return self.ids[self.starts[token] : self.starts[token + 1]]

    def to_bytes(self) -> bytes:
        """Content of the file: `starts` as little-endian uint32, `ids` as uint16 (uint32 for large vocabularies)."""
        return self.starts.astype("<u4").tobytes() + self.ids.astype(_id_type(self.vocabulary)).tobytes()

    @classmethod
    def open(cls, bundle: Bundle[Seq2SeqManifest]) -> "Shortlist":
        """Read the shortlist of a bundle.

        Raises:
            UserError: If the file does not match the vocabularies of the bundle.
        """
        path, vocabulary = bundle.path / FILE, bundle.manifest.vocabulary
        source, target = vocabulary["source"], vocabulary["target"]
        content = path.read_bytes()
        head, kind = 4 * (source + 1), _id_type(target)
        if len(content) < head or (len(content) - head) % kind.itemsize:
            raise UserError(f"{path}: {len(content):,} bytes do not match a source vocabulary of {source:,}")
        starts, ids = np.frombuffer(content[:head], "<u4"), np.frombuffer(content[head:], kind)
        if starts[0] or starts[-1] != len(ids) or (starts[1:] < starts[:-1]).any() or (ids >= target).any():
            raise UserError(f"{path}: not a shortlist of {source:,} source and {target:,} target tokens")
        return cls(starts, ids, target)


def _id_type(vocabulary: int) -> np.dtype:
    return np.dtype("<u2" if vocabulary <= 1 << 16 else "<u4")
