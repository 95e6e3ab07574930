"""The states of a manifest must fit its signatures."""

import shutil

import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError

STATE = {"name": "state_0", "dtype": "float32", "shape": [1, 256], "mutable": True}


@pytest.fixture
def refused(shipped, tmp_path, change_manifest):
    """Change a manifest, and return what is said about it."""

    def change(**values):
        bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
        change_manifest(bundle, **values)
        with pytest.raises(UserError) as said:
            read_bundle(bundle)
        return str(said.value).partition("damaged: ")[2].split("; ")

    return change


def test_each_state_that_a_signature_lacks_is_named(refused):
    assert refused(states=[STATE, STATE | {"name": "yyy"}, STATE | {"name": "zzz"}]) == [
        "states must be in the signatures, but the inputs of decode_step_1 have no 'yyy'",
        "states must be in the signatures, but the inputs of decode_step_1 have no 'zzz'",
    ]


@pytest.mark.parametrize(
    ("name", "side", "lacking"),
    [
        ("decode_step_1", "inputs", "inputs of decode_step_1"),
        ("decode_step_5", "outputs", "outputs of decode_step_5"),
        ("encode", "outputs", "outputs of encode"),
    ],
)
def test_a_state_is_in_every_signature(refused, shipped, name, side, lacking):
    signature = shipped.manifest.signatures[name]
    tensors = {key: tensor for key, tensor in signature[side].items() if key != "state_0"}
    signatures = shipped.manifest.signatures | {name: signature | {side: tensors}}
    assert refused(signatures=signatures) == [
        f"states must be in the signatures, but the {lacking} have no 'state_0'",
    ]


def test_states_have_different_names(refused):
    assert refused(states=[STATE, STATE]) == ["states must have different names, got the same name twice"]
