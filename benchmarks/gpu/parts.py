"""Runs one part of the benchmark, in its own process."""

import datetime
import json
import os
import platform
import traceback
from pathlib import Path

import jax
import keras

from gpu.folder import SETTINGS_FILE
from gpu.profile import run_profile
from gpu.quality import run_quality
from gpu.results import Results
from gpu.speed import run_speed


def run_part(part: str, folder: Path, output: Path, deadline: float) -> None:
    """Run a part until `deadline` (of `time.monotonic`), and end the process."""
    results = Results(output)
    try:
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        results.note("machine", **_machine(), commit=settings["commit"], tiny=settings["tiny"])
        if part in ("speed", "graphs"):
            run_speed(settings, results, part, deadline)
        elif part == "profile":
            run_profile(settings, results, deadline)
        else:
            run_quality(settings, folder, output, part, deadline)
    except Exception as error:
        traceback.print_exc()
        results.note(part, error=f"{type(error).__name__}: {error}"[:2000])
        os._exit(1)
    os._exit(0)  # a normal exit would wait for compilations in progress


def _machine() -> dict[str, object]:
    device = jax.devices()[0]
    return {
        "device": device.device_kind,
        "platform": device.platform,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "keras": keras.__version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
