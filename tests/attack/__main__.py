"""Run the attack: `python -m tests.attack --cases 5000 --seed 1`. See `--help`."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from seq2edge.device.shipped_bundle import SHIPPED
from tests.attack.campaign import SURFACES, Options, attack_surface


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000, help="number of cases over all surfaces (default: 5000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--surface", choices=SURFACES, action="append", help="only this one; may be repeated")
    parser.add_argument("--case", type=int, help="run this case of one surface alone")
    parser.add_argument("--bundle", type=Path, action="append", help="bundles to attack (default: the installed one)")
    parser.add_argument("--keep", type=Path, help="folder for the files of the cases, which are kept there")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    surfaces = given.surface or list(SURFACES)
    shares = {name: SURFACES[name].SHARE for name in surfaces}
    options = Options(tuple(given.bundle or [SHIPPED]), keep=given.keep is not None)
    results, findings, started = {}, [], time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        workspace = given.keep or Path(temporary)
        workspace.mkdir(exist_ok=True)
        for name in surfaces:
            cases = round(given.cases * shares[name] / sum(shares.values()))
            numbers = range(cases) if given.case is None else [given.case]
            result = attack_surface(name, given.seed, numbers, workspace, options)
            results[name] = dict(sorted(result.outcomes.items()))
            findings += result.findings
            print(f"{name}: {sum(results[name].values())} cases, {json.dumps(results[name])}", flush=True)
    print(f"{sum(map(sum, (one.values() for one in results.values())))} cases, {len(findings)} findings, ", end="")
    print(f"seed {given.seed}, {time.monotonic() - started:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
