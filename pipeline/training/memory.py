"""Tunes how the C library reuses freed memory."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h of glibc
NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Let large arrays reuse freed memory, instead of returning it to the system at each step.

    By default, glibc maps each large array separately, and the system fills it with zeros page by page. This took half
    of the time of a TensorFlow training step on a CPU. Without glibc this function has no effect.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, NEVER)
