"""Downloads wheels of packages that are missing on a machine with JAX."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

PRESENT = ["jax", "numpy", "sentencepiece", "absl-py", "h5py", "packaging", "rich", "tqdm"]  # packages on the machine
# The list includes dependencies. If pip resolved them, it would add TensorFlow, which keras-nlp requires.
CARRIED = ["keras", "keras-nlp", "keras-hub", "namex", "optree", "pydantic", "pydantic-core", "annotated-types"]
CARRIED += ["typing-inspection", "typing-extensions", "tomli-w", "tokenizers", "regex"]
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]


def download_wheels(folder: Path, python: str, also: list[str]) -> None:
    """Download the packages of `CARRIED` and more packages, without their dependencies.

    Args:
        folder: Folder of the wheels.
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
    """Return the installed version, so that packages fit together: pydantic works with one version of its core."""
    return f"{package}=={importlib.metadata.version(package)}"
