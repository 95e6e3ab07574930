"""Several encoder-decoders over the same tokens as one: their logits are averaged at every step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from seq2edge.models.config import Seq2SeqConfig
from seq2edge.models.layers.tensors import Tensor
from seq2edge.models.seq2seq import Seq2Seq, build_seq2seq


@dataclass(frozen=True)
class EnsembleConfig:
    """The members of an ensemble.

    Attributes:
        members: They have the same vocabularies.
    """

    members: tuple[Seq2SeqConfig, ...]

    @property
    def unknown(self) -> bool:
        return self.members[0].unknown

    @property
    def target_vocabulary(self) -> int:
        return self.members[0].target_vocabulary


@dataclass(frozen=True)
class Ensemble(Seq2Seq):
    """A `Seq2Seq` over several: the memory and the vector before the output layer are those of the members side by
    side, the states one after the other, and the attention is the mean of those that attend.

    The mean of logits is the geometric mean of the members' probabilities, up to a factor (Hinton 2002, products of
    experts).
    """

    config: Any
    members: tuple[Seq2Seq, ...]

    def output_rows(self, token_ids: Tensor) -> Tensor:
        rows = [member.output_rows(token_ids) for member in self.members]
        return ops.concatenate(rows, axis=1) / len(rows)


def build_ensemble(config: EnsembleConfig, dtype: str = "float32", unroll: int = 1) -> Ensemble:
    """Build an ensemble with fresh weights; arguments and errors as for `build_seq2seq`."""
    members = tuple(build_seq2seq(member, dtype, unroll) for member in config.members)
    for number, member in enumerate(members):
        for model in (member.training, member.encoder, member.decoder_step):
            model.name = f"{model.name}_{number}"
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_inputs = keras.Input((None,), dtype="int32", name="target_inputs")
    logits = [member.training([source_ids, target_inputs]) for member in members]
    training = keras.Model([source_ids, target_inputs], _mean(logits), name="ensemble")
    encoder = keras.Model(source_ids, _encoded(members, source_ids), name="encoder")
    return Ensemble(config, training, encoder, _decoder_step(members, encoder), members)


def _encoded(members: Sequence[Seq2Seq], source_ids: Tensor) -> dict[str, Tensor]:
    encoded = [member.encoder(source_ids) for member in members]
    states = [one[name] for one in encoded for name in _states(one)]
    return {
        "memory": ops.concatenate([one["memory"] for one in encoded], axis=-1),
        "memory_mask": encoded[0]["memory_mask"],
        **{f"state_{number}": state for number, state in enumerate(states)},
    }


def _decoder_step(members: Sequence[Seq2Seq], encoder: keras.Model) -> keras.Model:
    inputs = {
        "token_ids": keras.Input((), dtype="int32", name="token_ids"),
        **{
            name: keras.Input(output.shape[1:], dtype=output.dtype, name=name)
            for name, output in encoder.output.items()
        },
    }
    outputs, first_state, first_feature = [], 0, 0
    for member in members:
        names = _states(member.encoder.output)
        width = member.encoder.output["memory"].shape[-1]
        states = {name: inputs[f"state_{first_state + number}"] for number, name in enumerate(names)}
        memory = inputs["memory"][..., first_feature : first_feature + width]
        shared = {"token_ids": inputs["token_ids"], "memory": memory, "memory_mask": inputs["memory_mask"]}
        outputs.append(member.decoder_step({**shared, **states}))
        first_state, first_feature = first_state + len(names), first_feature + width
    joined = {
        "logits": _mean([one["logits"] for one in outputs]),
        "vector": ops.concatenate([one["vector"] for one in outputs], axis=-1),
    }
    states_after = [one[name] for one in outputs for name in _states(one)]
    joined |= {f"state_{number}": state for number, state in enumerate(states_after)}
    if attention := [one["attention"] for one in outputs if "attention" in one]:
        joined["attention"] = _mean(attention)
    return keras.Model(inputs, joined, name="decoder_step")


def _states(tensors: dict[str, Tensor]) -> list[str]:
    """Names of the states, in order."""
    return sorted((name for name in tensors if name.startswith("state_")), key=lambda name: int(name[6:]))


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    total = tensors[0]
    for tensor in tensors[1:]:
        total = total + tensor
    return total / len(tensors)
