"""Wheels of the packages that a machine with JAX lacks."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

PRESENT = ["jax", "numpy", "sentencepiece", "absl-py", "h5py", "packaging", "rich", "tqdm"]  # on the machine
# Dependencies are named too, because pip would add TensorFlow, which keras-nlp requires.
CARRIED = ["keras", "keras-nlp", "keras-hub", "namex", "optree", "pydantic", "pydantic-core", "annotated-types"]
CARRIED += ["typing-inspection", "typing-extensions", "tomli-w", "tokenizers", "regex"]
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]


def download_wheels(folder: Path, python: str, also: list[str]) -> None:
    """Download the carried packages, and others, without their dependencies.

    Args:
        python: Python version of the machine, such as "3.12".
        also: More packages that the machine lacks.
    """
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", python, "--implementation", "cp", "--dest", str(folder)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    subprocess.run([*command, *map(_installed_version, CARRIED), *also], check=True)


def _installed_version(package: str) -> str:
    """The version that is installed here, so that the packages fit: pydantic works with one version of its core."""
    return f"{package}=={importlib.metadata.version(package)}"
