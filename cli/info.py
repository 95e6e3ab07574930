"""seq2edge info: describe a bundle."""

import argparse
from typing import Any

from seq2edge.cli.bundle_argument import add_bundle
from seq2edge.device.terminal import json_line, write

HELP = "describe a bundle"
EXAMPLES = """\
  seq2edge info                        # the installed bundle
  seq2edge info bundles/quickstart-int8 --json"""

BARS = " ▁▂▃▄▅▆▇█"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    parser.add_argument("--json", action="store_true", help="print bundle.json")


def run(arguments: argparse.Namespace) -> int:
    import json
    import math

    from seq2edge.device.bundle import Bundle, read_bundle
    from seq2edge.device.manifests.common import Manifest
    from seq2edge.device.tasks import TASKS

    bundle: Bundle[Manifest] = read_bundle(arguments.bundle, sha256=arguments.sha256)
    manifest = bundle.manifest
    if arguments.json:
        print(json_line(json.loads(manifest.to_json()), indent=2))
        return 0
    write(
        f"{manifest.name}: {manifest.task}, quantization {manifest.quantization}, created with {manifest.created_with}"
    )
    write(f"sha256        {bundle.digest}")
    for name, file in manifest.files.items():
        write(f"  {name:18} {file['bytes'] / 1e6:8.2f} MB")
    for label, text in manifest.facts():
        write(f"{label:13} {text}")
    for system in ("keras", "bundle"):
        given = manifest.scores.get(system)
        scores = given if isinstance(given, dict) else {}
        if found := [f"{key} {scores[key]}" for key in TASKS[manifest.task].metrics if key in scores]:
            write(f"{system:13} {', '.join(found)}")
    write(f"runs on       {', '.join(manifest.runtimes)}")
    write(f"verified on   {', '.join(manifest.verified_on)}")
    operators = ", ".join(f"{operator['name']} {operator['version']}" for operator in manifest.operators)
    write(f"operators     {operators}")
    write(f"data licence  {manifest.licence}")
    constants = ", ".join(f"{kind} {size / 1e6:.2f} MB" for kind, size in manifest.constants.items())
    write(f"constants     {constants}")
    if manifest.kept_float:
        write(f"in float32    {', '.join(manifest.kept_float)}")
    write(f"weights       {sum(math.prod(weight['shape']) for weight in manifest.weights):,} in total")
    for weight in manifest.weights:
        values = f"{weight['smallest']:8.3f} {_bars(weight['histogram'])} {weight['largest']:.3f}"
        write(f"  {weight['name']:44} {'×'.join(map(str, weight['shape'])):>12} {values}")
    for name, signature in manifest.signatures.items():
        write(f"{name}: {_shapes(signature['inputs'])} → {_shapes(signature['outputs'])}")
    return 0


def _bars(counts: list[int]) -> str:
    """A histogram as one line of text. Heights are square roots of the counts, to make the tails visible."""
    most = max(1, *counts)
    return "".join(BARS[round((count / most) ** 0.5 * (len(BARS) - 1))] for count in counts)


def _shapes(tensors: dict[str, Any]) -> str:
    return ", ".join(f"{name} {details['dtype']}{tuple(details['shape'])}" for name, details in tensors.items())
