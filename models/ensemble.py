"""An ensemble of encoder-decoders with one vocabulary: the logits are averaged at every step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.layers.tensors import Tensor
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq


@dataclass(frozen=True)
class EnsembleConfig:
    """Settings of an ensemble.

    Attributes:
        members: Settings of the members. Vocabularies and maximum lengths must be the same; all else may differ.
    """

    members: tuple[Seq2SeqConfig, ...]

    @property
    def unknown(self) -> bool:
        return self.members[0].unknown

    @property
    def copy(self) -> bool:
        """Whether any member copies."""
        return any(member.copy for member in self.members)


@dataclass(frozen=True)
class Ensemble(Seq2Seq):
    """A `Seq2Seq` whose logits are the mean of its members'.

    `memory` and `vector` are the members' tensors concatenated along the last axis. The states of all members follow
    one another. `attention` is the mean over the members that have attention. `copy_ids` are the same for all members
    that copy.

    The mean of logits is, up to a factor, the geometric mean of the probabilities (Hinton 2002, products of experts).

    Attributes:
        config: An `EnsembleConfig`.
        members: They share their layers with the ensemble.
    """

    config: Any
    members: tuple[Seq2Seq, ...]

    def output_rows(self, token_ids: Tensor) -> Tensor:
        """Return rows as `Seq2Seq.output_rows` does, the rows of all members concatenated.

        The products with `vector` are the logits only if no member copies.
        """
        rows = [member.output_rows(token_ids) for member in self.members]
        return ops.concatenate(rows, axis=1) / len(rows)


def build_ensemble(config: EnsembleConfig, dtype: str = "float32", unroll: int = 1) -> Ensemble:
    """Build an ensemble with fresh weights; arguments and errors as for `build_seq2seq`."""
    members = tuple(_build_member(number, member, dtype, unroll) for number, member in enumerate(config.members))
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_inputs = keras.Input((None,), dtype="int32", name="target_inputs")
    logits = _mean([member.training([source_ids, target_inputs]) for member in members])
    training = keras.Model([source_ids, target_inputs], logits, name="seq2seq")
    encoder = keras.Model(source_ids, _encoded(members, source_ids), name="encoder")
    return Ensemble(config, training, encoder, _decoder_step(members, encoder), members)


def _build_member(number: int, config: Seq2SeqConfig, dtype: str, unroll: int) -> Seq2Seq:
    """Build a member. Its models and weights get names that no other member has."""
    with keras.name_scope(f"member_{number}"):
        member = build_seq2seq(config, dtype, unroll)
    for model in (member.training, member.encoder, member.decoder_step):
        model.name = f"{model.name}_{number}"
    return member


def _encoded(members: Sequence[Seq2Seq], source_ids: Tensor) -> dict[str, Tensor]:
    encoded = [member.encoder(source_ids) for member in members]
    states = [one[name] for one in encoded for name in _states(one)]
    copy_ids = [one["copy_ids"] for one in encoded if "copy_ids" in one]
    return {
        "memory": ops.concatenate([one["memory"] for one in encoded], axis=-1),
        "memory_mask": encoded[0]["memory_mask"],
        **{f"state_{number}": state for number, state in enumerate(states)},
        **({"copy_ids": copy_ids[0]} if copy_ids else {}),
    }


def _decoder_step(members: Sequence[Seq2Seq], encoder: keras.Model) -> keras.Model:
    inputs = {
        "token_ids": keras.Input((), dtype="int32", name="token_ids"),
        **{
            name: keras.Input(output.shape[1:], dtype=output.dtype, name=name)
            for name, output in encoder.output.items()
        },
    }
    outputs = [
        member.decoder_step(own) for member, own in zip(members, _inputs_of_members(members, inputs), strict=True)
    ]
    joined = {
        "logits": _mean([one["logits"] for one in outputs]),
        "vector": ops.concatenate([one["vector"] for one in outputs], axis=-1),
    }
    states = [one[name] for one in outputs for name in _states(one)]
    joined |= {f"state_{number}": state for number, state in enumerate(states)}
    if attention := [one["attention"] for one in outputs if "attention" in one]:
        joined["attention"] = _mean(attention)
    return keras.Model(inputs, joined, name="decoder_step")


def _inputs_of_members(members: Sequence[Seq2Seq], inputs: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Yield each member's own inputs out of the inputs of the ensemble's step."""
    first_state, first_feature = 0, 0
    for member in members:
        names = _states(member.encoder.output)
        last_feature = first_feature + member.encoder.output["memory"].shape[-1]
        yield {
            "token_ids": inputs["token_ids"],
            **{name: inputs[name] for name in member.shared_names},
            "memory": inputs["memory"][..., first_feature:last_feature],
            **{name: inputs[f"state_{first_state + number}"] for number, name in enumerate(names)},
        }
        first_state, first_feature = first_state + len(names), last_feature


def _states(tensors: dict[str, Tensor]) -> list[str]:
    """Return the names of the states, in order."""
    return [name for name in tensors if name.startswith("state_")]


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total / len(tensors)
