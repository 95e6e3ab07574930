"""The bundle that a command works with."""

import argparse
from pathlib import Path

from seq2edge.device.shipped_bundle import SHIPPED

DEFAULT = "default: the one that is installed with seq2edge"


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a bundle, by default the one that is installed with seq2edge."""
    parser.add_argument(
        "bundle", metavar="BUNDLE", nargs="?", type=Path, default=SHIPPED, help=f"folder of the bundle ({DEFAULT})"
    )
