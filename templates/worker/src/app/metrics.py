"""What this worker did, as text for Prometheus, in a file that its node exporter reads.

Each worker has a file and a label of its own, as counters of two processes can't be one series.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Metrics:
    file: Path
    done: int = 0
    failed: int = 0
    """Put aside, whoever tried them."""
    lost: int = 0
    """Attempts of workers that were no more."""
    waiting: int = 0
    aside: int = 0
    """That lie in `failed`, until a person takes them out."""

    def text(self) -> str:
        who = f'worker="{self.file.stem}"'
        return (
            "# TYPE worker_jobs_total counter\n"
            f'worker_jobs_total{{result="done",{who}}} {self.done}\n'
            f'worker_jobs_total{{result="failed",{who}}} {self.failed}\n'
            "# TYPE worker_attempts_lost_total counter\n"
            f"worker_attempts_lost_total{{{who}}} {self.lost}\n"
            "# TYPE worker_jobs_waiting gauge\n"
            f"worker_jobs_waiting{{{who}}} {self.waiting}\n"
            "# TYPE worker_jobs_aside gauge\n"
            f"worker_jobs_aside{{{who}}} {self.aside}\n"
        )

    def write(self) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(self.text(), encoding="utf-8")
        fresh.replace(self.file)
