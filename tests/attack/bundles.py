"""Attack on bundles: damaged in transfer, or altered with a valid checksum.

What somebody made is checked by `verify --isolated` alone if it reaches native code: the model, the tokenizers, the
patterns of a guard. The rest, and damages under an old seal, are tried in this process with every command.
"""

import hashlib
import json
import os
import random
from pathlib import Path
from typing import Any

from seq2edge.device.manifests.common import CHECKSUM, sealed
from tests.attack.harness import Case, Finding, call, check_kept, contents, judge
from tests.attack.mutations import VALUES, change, damaged

SHARE = 0.2
ISOLATED = 0.06  # of the cases, which take a process each
SECONDS = 40  # that a check may take
NAMES = ["../canary.txt", "../../x", "/etc/hostname", "", ".", "a/b", "x" * 300, "bundle.json", "\x1b", "none.bin"]
IN_JSON = [value for value in VALUES if not hasattr(value, "isoformat")]
COMMANDS = (
    ["verify"],
    ["info"],
    ["info", "--json"],
    ["run", "good morning"],
    ["run", "the red stone is here", "--beam", "5", "--json"],
    ["bench", "--rounds", "1"],
)


def start(workspace: Path, options: Any) -> list[Path]:
    return list(options.bundles)


def attack(state: list[Path], case: Case) -> str:
    draw, original = case.draw, case.draw.choice(state)
    bundle = case.folder / "bundle"
    bundle.mkdir()
    for path in original.iterdir():
        os.link(path, bundle / path.name) if _same_disk(path, bundle) else (bundle / path.name).write_bytes(
            path.read_bytes()
        )
    if draw.random() < ISOLATED:
        _reseal_native(bundle, draw)
        return f"isolated, {_check_isolated(bundle)}"
    draw.choice([_damage, _damage, _manifest, _manifest, _named, _values])(bundle, case)
    before = contents(bundle)
    name, *rest = draw.choice(COMMANDS)
    outcome = judge(call(name, bundle, *rest))
    check_kept(before, bundle)
    return outcome


def _same_disk(path: Path, folder: Path) -> bool:
    return path.stat().st_dev == folder.stat().st_dev


def _write(path: Path, content: bytes) -> None:
    """Write a file that may be linked to the original."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _values_of(bundle: Path) -> dict[str, Any]:
    values = json.loads((bundle / "bundle.json").read_bytes())
    del values[CHECKSUM]
    return values


def _seal(bundle: Path, values: dict[str, Any]) -> None:
    _write(bundle / "bundle.json", sealed(values).encode("utf-8", "surrogatepass"))


def _reseal(bundle: Path, name: str, content: bytes) -> None:
    _write(bundle / name, content)
    values = _values_of(bundle)
    values["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    _seal(bundle, values)


def _damage(bundle: Path, case: Case) -> None:
    """Damage a file, or replace it with something that is not a file."""
    path = case.draw.choice(sorted(bundle.iterdir()))
    content = path.read_bytes()
    path.unlink()
    kind = case.draw.random()
    if kind < 0.7:
        path.write_bytes(damaged(content, case.draw))
    elif kind < 0.8:
        path.symlink_to(case.draw.choice([case.canary, Path("/dev/zero"), path, Path("gone")]))
    elif kind < 0.85:
        os.mkfifo(path)
    elif kind < 0.9:
        path.mkdir()


def _manifest(bundle: Path, case: Case) -> None:
    """Change values of the manifest and renew its checksum."""
    values = _values_of(bundle)
    for _ in range(case.draw.choice([1, 1, 2])):
        change(values, case.draw, IN_JSON)
    _seal(bundle, values)


def _named(bundle: Path, case: Case) -> None:
    """Name a file outside the bundle with its correct checksum, or link to it."""
    content, values = case.canary.read_bytes(), _values_of(bundle)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    name = case.draw.choice([*NAMES, *values["files"]])
    values["files"][name] = entry
    if name in sorted(path.name for path in bundle.iterdir()) and name != "bundle.json":
        (bundle / name).unlink()
        (bundle / name).symlink_to(case.canary)
    _seal(bundle, values)


def _values(bundle: Path, case: Case) -> None:
    """Change test vectors or follow-ups and renew the checksums."""
    names = [name for name in ("vectors.json", "turns.json") if (bundle / name).is_file()]
    name = case.draw.choice(names)
    content = (bundle / name).read_bytes()
    if case.draw.random() < 0.3:
        content = damaged(content, case.draw)
    else:
        content = json.dumps(change(json.loads(content), case.draw, IN_JSON)).encode("utf-8", "surrogatepass")
    _reseal(bundle, name, content)


def _reseal_native(bundle: Path, draw: random.Random) -> None:
    names = [path.name for path in sorted(bundle.iterdir()) if path.suffix in (".tflite", ".model", ".bin")]
    names += [name for name in ("guard.json",) if (bundle / name).is_file()]
    name = draw.choice([*names, "model.tflite"])
    _reseal(bundle, name, damaged((bundle / name).read_bytes(), draw))


def _check_isolated(bundle: Path) -> str:
    answer = call("verify", "--isolated", bundle, "--max-seconds", SECONDS)
    if answer.seconds > 2 * SECONDS:
        raise Finding(f"the check took {answer.seconds:.0f} seconds")
    return judge(answer)
