"""Every kind of architecture computes the values recorded by `record.py`."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("golden_record", HERE / "record.py")
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)


@pytest.fixture(params=golden.ARCHITECTURES)
def recorded(request):
    """A model with the recorded weights, and the recorded values."""
    with np.load(golden.FOLDER / f"{request.param}.npz", allow_pickle=False) as file:
        values = dict(file)
    model = golden.build(request.param)
    for index, weight in enumerate(model.training.trainable_weights):
        weight.assign(values.pop(f"weight.{index}"))
    assert not any(name.startswith("weight.") for name in values)
    return model, values


def test_models_compute_the_recorded_values(recorded):
    model, values = recorded
    found = golden.outputs(model, values["source_ids"], values["target_inputs"])
    assert found.keys() == {name for name in values if name.startswith(("training.", "encoder.", "step."))}
    for name, value in found.items():
        # Kernels of other processors add in another order; the error is relative to the largest value.
        largest = max(1.0, np.abs(values[name]).max())
        np.testing.assert_allclose(value, values[name], rtol=0, atol=1e-5 * largest, err_msg=name)


def test_searches_find_the_recorded_targets(recorded):
    model, values = recorded
    found = golden.searched(model, values["source_ids"])
    assert found.keys() == {name for name in values if name.startswith("search.")}
    for name, value in found.items():
        if name.endswith(".ids"):
            np.testing.assert_array_equal(value, values[name], err_msg=name)
        else:
            np.testing.assert_allclose(value, values[name], rtol=1e-4, atol=1e-4, err_msg=name)
