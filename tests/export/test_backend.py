import keras
import pytest

from seq2edge.device.errors import UserError
from seq2edge.export.bundle import export_bundle
from seq2edge.export.options import ExportOptions
from seq2edge.export.saved_model import export_saved_model


def test_an_export_with_another_backend_is_refused_before_anything_is_written(trained_run, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    expected = "an export needs KERAS_BACKEND=tensorflow, the backend is 'jax'"
    with pytest.raises(UserError, match=expected):
        export_bundle(trained_run, tmp_path / "bundle", ExportOptions())
    with pytest.raises(UserError, match=expected):
        export_saved_model(trained_run, tmp_path / "saved_model")
    assert not list(tmp_path.iterdir())
