"""Path of the bundle that is installed with seq2edge."""

from pathlib import Path

SHIPPED = Path(__file__).resolve().parent / "shipped"  # resolved, because an editable installation is a tree of links
