"""Metrics of the server, in the text format of Prometheus."""

import threading
from collections import defaultdict

from seq2edge.device.resources import peak_rss_megabytes


class Metrics:
    """Counters by name. Any number of threads may use them at once."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = defaultdict(float)
        self.lock = threading.Lock()

    def count(self, name: str, value: float) -> None:
        """Add a value to a counter."""
        with self.lock:
            self.counts[name] += value

    def count_answer(self, status: int) -> None:
        """Count an answered request by its HTTP status."""
        self.count(f'requests_total{{status="{status}"}}', 1)

    def text(self) -> str:
        """All counters and the peak memory of the process, as text."""
        with self.lock:
            counts = dict(self.counts)
        lines = [f"seq2edge_{name} {value:.15g}" for name, value in sorted(counts.items())]
        return "\n".join([*lines, f"seq2edge_peak_memory_megabytes {peak_rss_megabytes():.1f}"]) + "\n"
