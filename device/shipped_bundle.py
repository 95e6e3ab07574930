"""Where the bundle lies that is installed with seq2edge."""

from pathlib import Path

SHIPPED = Path(__file__).resolve().parent / "shipped"  # resolved, since an editable installation is a tree of links
