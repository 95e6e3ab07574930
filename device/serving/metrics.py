"""Counts requests in Prometheus' text format."""

import threading
from collections import defaultdict

from seq2edge.device.resources import peak_rss_megabytes


class Metrics:
    """Sums by name. Any number of threads may use it at once."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = defaultdict(float)
        self.lock = threading.Lock()

    def count(self, name: str, value: float) -> None:
        """Add to a metric."""
        with self.lock:
            self.counts[name] += value

    def count_answer(self, status: int) -> None:
        """Count a request that was answered."""
        self.count(f'requests_total{{status="{status}"}}', 1)

    def text(self) -> str:
        """All metrics, and the peak memory of the process."""
        with self.lock:
            counts = dict(self.counts)
        lines = [f"seq2edge_{name} {value:.15g}" for name, value in sorted(counts.items())]
        return "\n".join([*lines, f"seq2edge_peak_memory_megabytes {peak_rss_megabytes():.1f}"]) + "\n"
