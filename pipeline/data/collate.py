"""Makes batches of the padded rows of a dataset, for each kind of targets."""

import numpy as np

from seq2edge.device.special_ids import BOS, EOS, PAD, UNK
from seq2edge.pipeline.data.batches import BatchRandom, Rows

Seq2SeqBatch = tuple[tuple[np.ndarray, np.ndarray], np.ndarray]  # (source_ids, target_inputs), target_ids
NO_LABEL = -1  # the label of a row of padding


def collate_seq2seq(rows: Rows, random: BatchRandom | None, word_dropout: float = 0.0) -> Seq2SeqBatch:
    """Make a batch for teacher forcing, `((source_ids, target_inputs), target_ids)`, int32 `(rows, bucket_length)`.

    `target_inputs` is `target_ids` shifted right by one, with bos in front. A row of padding has no target, so that it
    does not count towards the loss.

    Args:
        rows: The columns "source_ids" and "target_ids".
        random: The batch's random numbers in training, None in validation.
        word_dropout: Share of source tokens replaced by unk in training, drawn again for each step.
    """
    source_ids, target_ids = _source_ids(rows, random, word_dropout), rows["target_ids"].astype(np.int32)
    target_inputs = np.empty_like(target_ids)
    target_inputs[:, 0] = BOS
    target_inputs[:, 1:] = target_ids[:, :-1]
    return (source_ids, target_inputs), target_ids


def collate_labels(rows: Rows, random: BatchRandom | None, word_dropout: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Make a batch of `source_ids`, int32 `(rows, bucket_length)`, and labels, int32 `(rows,)`.

    A row of padding has the label -1, so that it does not count towards the loss.

    Args:
        rows: The columns "source_ids" and "label".
        random, word_dropout: As for `collate_seq2seq`.
    """
    is_padding = rows["source_ids"][:, 0] == PAD
    return _source_ids(rows, random, word_dropout), np.where(is_padding, NO_LABEL, rows["label"][:, 0].astype(np.int32))


def _source_ids(rows: Rows, random: BatchRandom | None, word_dropout: float) -> np.ndarray:
    """Return source tokens with word dropout. A row of padding gets eos, because an encoder needs one token."""
    source_ids = rows["source_ids"].astype(np.int32)
    source_ids[source_ids[:, 0] == PAD, 0] = EOS
    if word_dropout and random is not None:
        source_ids[(random.uniform(source_ids.shape[1]) < word_dropout) & (source_ids > EOS)] = UNK
    return source_ids
