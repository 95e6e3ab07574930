"""The notebook. Its cells run in one namespace instead of a kernel, which would be a large dependency."""

import json
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook" / "attention.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


@pytest.fixture
def namespace(shipped, monkeypatch):
    """The variables of the notebook after its last cell."""
    monkeypatch.setattr(matplotlib.pyplot, "show", lambda: None)
    matplotlib.use("agg")
    names = {}
    for source in CODE:
        exec(compile(source, str(NOTEBOOK), "exec"), names)
    yield names
    plt.close("all")


def test_the_notebook_is_stored_without_outputs():
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CELLS if "outputs" in cell)


def test_the_notebook_shows_replies_attention_and_a_beam(namespace):
    part = namespace["part"]
    assert namespace["bot"].manifest.task == "chat"
    assert np.allclose(part.word_attention.sum(axis=1), 1, atol=0.01)
    (image,) = namespace["axes"].get_images()
    assert image.get_array().shape == (len(part.target_words), len(part.source_words))
    scores = [score for _, score in namespace["beam"].alternatives]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
