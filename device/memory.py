"""How much memory this process took at most."""

import resource
import sys


def peak_megabytes() -> float:
    """Peak of the resident memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
