"""The trained weights of a model, by name."""

import difflib
from collections.abc import Sequence

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Weight
from seq2edge.pipeline.families.interface import Models

BINS = 16  # number of bins in the histogram of a weight


def trained_weights(model: Models) -> dict[str, np.ndarray]:
    """Return the values of all weights by name, in the model's order."""
    return {weight.path: np.asarray(weight) for weight in model.training.weights}


def weights_named(model: Models, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the values of some weights by name.

    Raises:
        UserError: If the model has no weight with one of the names.
    """
    if not names:
        return {}
    values = trained_weights(model)
    for name in names:
        if name not in values:
            near = difflib.get_close_matches(name, values, n=3, cutoff=0)
            raise UserError(f"{name}: the model has no such weight; nearest are {', '.join(near)}")
    return {name: values[name] for name in names}


def weight_entry(name: str, values: np.ndarray) -> Weight:
    """Return the entry of a weight in bundle.json."""
    counts, edges = np.histogram(values, BINS)
    return {
        "name": name,
        "shape": list(values.shape),
        "smallest": float(edges[0]),
        "largest": float(edges[-1]),
        "histogram": counts.tolist(),
    }
