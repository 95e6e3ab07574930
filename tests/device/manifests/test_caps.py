"""Every number in a manifest has an upper limit; larger values are refused with one line."""

import shutil

import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.errors import UserError
from seq2edge.device.json_types import Between, Items, JsonType, fields
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.manifests.read import MANIFESTS


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"length_bucket": 1 << 20}, "length_bucket must be an integer between 1 and 512, got 1048576"),
        ({"source_length": 1 << 20}, "source_length must be an integer between 1 and 32,768, got 1048576"),
        ({"beam_sizes": [1] * 65}, "beam_sizes must be a list with 1 to 64 items, got"),
        ({"fixed_lengths": [8] * 65}, "fixed_lengths must be a list with at most 64 items, got"),
        ({"signatures": {f"s{i}": {"inputs": {}, "outputs": {}} for i in range(1025)}}, "at most 1,024 items"),
        ({"files": {f"f{i}": {"sha256": "0" * 64, "bytes": 1} for i in range(65)}}, "at most 64 items"),
        ({"runtimes": ["litert"] * 1025}, "at most 1,024 items"),
    ],
)
def test_values_above_the_caps_are_refused(shipped, tmp_path, change_manifest, values, said):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    change_manifest(bundle, **values)
    with pytest.raises(UserError, match=said):
        read_bundle(bundle)


@pytest.mark.parametrize("bars", [[], [0] * 1025])
def test_the_number_of_bars_of_a_histogram_is_limited(shipped, tmp_path, change_manifest, bars):
    bundle = shutil.copytree(shipped.path, tmp_path / "bundle")
    change_manifest(bundle, weights=[{"name": "w", "shape": [1], "smallest": 0.0, "largest": 1.0, "histogram": bars}])
    with pytest.raises(UserError, match=r"weights\[0\]\.histogram must be a list with 1 to 1,024 items"):
        read_bundle(bundle)


def unbounded(hint, key):
    """Yield the places where a list, an object with arbitrary keys, or an integer has no limit."""
    found = JsonType.of(hint)
    if found.kind in (list, dict):
        if not isinstance(found.bound, Items) or found.bound.most is None:
            yield key
        yield from unbounded(found.inner[-1], f"{key}[]")
    elif found.kind is int and not isinstance(found.bound, Between):
        yield key
    elif found.is_object:
        for name, inner in fields(found.kind).items():
            yield from unbounded(inner, f"{key}.{name}")


@pytest.mark.parametrize("kind", MANIFESTS.values())
def test_every_value_in_a_manifest_has_a_cap(kind: type[Manifest]):
    # Scores are only displayed, and the size of the file is limited.
    assert [key for key in unbounded(kind, "") if key not in (".scores",)] == []
