"""Examines the installation: extras of seq2edge, versions of their packages, and the runtimes that load.

Only a runtime and its dependencies are imported. So this is fast, and works even if everything else is broken.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import platform
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seq2edge.device.errors import first_line
from seq2edge.device.runtimes import RUNTIMES

NAME = "seq2edge"
REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([\w,.-]+)\])?\s*([^;]*)(?:;(.*))?")
MARKED_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)['\"]")
PYTHON_BELOW = re.compile(r"python_version\s*<\s*['\"]3\.(\d+)['\"]")
COMMANDS = {  # commands, and the extra that they need
    "run verify info bench": "device",
    "init recipes quickstart prepare train distill ensemble evaluate compare export": "train",
    "serve": "serve",
    "demo": "demo",
    "train, without TensorFlow": "jax",
    "train, on a GPU": "gpu",
    "export --onnx": "onnx",
    "init and train with .xlsx": "spreadsheet",
    "demo as a tool of assistants": "mcp",
}
FULL_TIMEOUT = 120  # seconds
# Programs that list the devices of a library. Each runs in its own process, because it may crash or print notes.
PROGRAMS = {
    "tensorflow": "import tensorflow as l; d = [x.name for x in l.config.list_physical_devices()]",
    "jax": "import jax as l; d = [str(x) for x in l.devices()]",
}


@dataclass(frozen=True)
class Extra:
    """An extra of seq2edge.

    Attributes:
        packages: Installed version of each package of the extra, including those of nested extras; None: not installed.
        missing: Packages that are not installed, or installed in a version that is not supported.
        command: Command that installs the extra.
    """

    packages: dict[str, str | None]
    missing: tuple[str, ...]
    command: str


@dataclass
class Installation:
    """What works on this machine.

    Attributes:
        version, python, system: Versions of seq2edge and Python; operating system and machine type.
        extras: Extras of seq2edge by name.
        runtimes: Version or error of each runtime; None: not installed.
        backends: Version of TensorFlow and JAX, with their devices if requested; None: not installed.
        gpu: Version line of the Nvidia driver; None: no driver found.
        bundle: Result of checking the bundle that is installed with seq2edge.
        works: Whether bundles can be run.
        missing: For each group of commands that cannot run, the command that installs what it needs.
    """

    version: str
    python: str
    system: str
    extras: dict[str, Extra]
    runtimes: dict[str, str | None]
    backends: dict[str, str | None]
    gpu: str | None
    bundle: str = ""
    works: bool = False
    missing: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(full: bool = False) -> Installation:
    """Examine what is installed and whether it works.

    Args:
        full: Import TensorFlow and JAX to list their devices, which takes several seconds.
    """
    extras = {name: _extra(name, packages) for name, packages in _extras().items()}
    found = Installation(
        version=_version(NAME) or "not installed",
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        extras=extras,
        runtimes={name: _runtime(package) for package, name in RUNTIMES.items()},
        backends={name: _backend(name, full) for name in PROGRAMS},
        gpu=_gpu(),
    )
    found.works, found.bundle = _check_bundle()
    found.missing = {
        commands: extras[extra].command
        for commands, extra in COMMANDS.items()
        if extra in extras and extras[extra].missing
    }
    if found.works:  # the runtime may come from elsewhere than the extra
        found.missing = {
            commands: command for commands, command in found.missing.items() if COMMANDS[commands] != "device"
        }
    return found


def _extras() -> dict[str, dict[str, str]]:
    """Packages and version specifiers of each extra of seq2edge."""
    try:
        names = importlib.metadata.metadata(NAME).get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    return {name: _wanted(NAME, name) for name in names}


def _wanted(package: str, extra: str) -> dict[str, str]:
    """Packages and version specifiers of an extra, including those of nested extras."""
    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        match = REQUIREMENT.match(line)
        if match is None or extra not in MARKED_EXTRA.findall(match[4] or ""):
            continue
        below = PYTHON_BELOW.search(match[4])
        if match[1] != package and (not below or sys.version_info.minor < int(below[1])):
            found[match[1]] = match[3].strip()
        for inner in filter(None, (match[2] or "").split(",")):
            found = _wanted(match[1], inner) | found
    return found


def _extra(name: str, packages: dict[str, str]) -> Extra:
    versions = {package: _version(package) for package in packages}
    missing = tuple(
        f"{package}{wanted}{f' (installed: {versions[package]})' if versions[package] else ''}"
        for package, wanted in packages.items()
        if not _fits(versions[package], wanted)
    )
    return Extra(versions, missing, f"pip install '{NAME}[{name}]'")


def _fits(version: str | None, wanted: str) -> bool:
    """Whether a version satisfies a specifier. If `packaging` is not installed, every version does."""
    if version is None:
        return False
    try:
        from packaging.specifiers import SpecifierSet
    except ModuleNotFoundError:
        return True
    return SpecifierSet(wanted.strip("() ")).contains(version, prereleases=True)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _runtime(package: str) -> str | None:
    if importlib.util.find_spec(package) is None:
        return None
    try:
        importlib.import_module(f"{package}.interpreter")
        return f"{getattr(importlib.import_module(package), '__version__', 'loads')}"
    except Exception as error:  # a library built for another machine may raise anything
        return f"fails: {first_line(error)}"


def _backend(name: str, full: bool) -> str | None:
    version = _version(name)
    if version is None or not full:
        return version
    program = f"{PROGRAMS[name]}; import json; print(json.dumps([l.__version__, d]))"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=FULL_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{version}, fails: no answer in {FULL_TIMEOUT} s"
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        return f"{version}, fails: {reason}"
    loaded, devices = json.loads(ended.stdout.strip().splitlines()[-1])
    return f"{loaded}, devices: {', '.join(devices)}"


def _gpu() -> str | None:
    driver = Path("/proc/driver/nvidia/version")
    if not driver.is_file():
        return None
    return first_line(driver.read_text(encoding="utf-8", errors="replace"))


def _check_bundle() -> tuple[bool, str]:
    """Check the bundle that is installed with seq2edge; return whether it passes, and a line for the user."""
    try:
        from seq2edge.device.shipped_bundle import SHIPPED
        from seq2edge.device.vectors.check import check_vectors

        result = check_vectors(SHIPPED)
    except Exception as error:  # every fault of the installation is reported; none may end the examination
        return False, f"fails: {first_line(error)}"
    vectors = f"{result['same']} of {result['vectors']} test vectors give the same answer on {result['runtime']}"
    return bool(result["passed"]), vectors if result["passed"] else f"fails: {vectors}"
