"""The arguments BUNDLE and --sha256, shared by several commands."""

import argparse
from pathlib import Path

from seq2edge.device.shipped_bundle import SHIPPED

DEFAULT = "default: the one installed with seq2edge"


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add the argument BUNDLE, by default the bundle that is installed with seq2edge, and --sha256."""
    parser.add_argument(
        "bundle", metavar="BUNDLE", nargs="?", type=Path, default=SHIPPED, help=f"folder of the bundle ({DEFAULT})"
    )
    add_sha256(parser)


def add_sha256(parser: argparse.ArgumentParser) -> None:
    """Add --sha256, which pins a bundle by its digest."""
    parser.add_argument(
        "--sha256", metavar="HEX", help="refuse the bundle unless it has this digest, as printed by info"
    )
