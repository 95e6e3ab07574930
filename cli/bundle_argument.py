"""The bundle that a command works with, and its digest."""

import argparse
from pathlib import Path

from seq2edge.device.shipped_bundle import SHIPPED

DEFAULT = "default: the one that is installed with seq2edge"


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a bundle, by default the one that is installed with seq2edge."""
    parser.add_argument(
        "bundle", metavar="BUNDLE", nargs="?", type=Path, default=SHIPPED, help=f"folder of the bundle ({DEFAULT})"
    )
    add_sha256(parser)


def add_sha256(parser: argparse.ArgumentParser) -> None:
    """Add the digest that pins a bundle from elsewhere."""
    parser.add_argument(
        "--sha256", metavar="HEX", help="refuse any other bundle than the one of this digest, which info prints"
    )
