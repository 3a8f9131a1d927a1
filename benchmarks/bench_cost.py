"""What a command costs: wall time, and processor time of everything that it started, daemons included.

Run as a program (`python bench_cost.py COMMAND...`) it is the subreaper of what it measures: whatever a command leaves
running (an ssh that keeps a connection for the next time) falls to it, is ended, and is counted.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds. `cpu`: user and system."""

    wall: float
    cpu: float


def cost(argv: list[str], folder: Path, env: Mapping[str, str]) -> Cost:
    """SystemExit, with what it said, when the command fails."""
    done = subprocess.run(
        [sys.executable, "-S", __file__, *argv], cwd=folder, env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def main(argv: list[str]) -> int:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.perf_counter()
    code = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode
    wall = time.perf_counter() - began
    end_what_is_left()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("\n" + json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime}))
    return code


def end_what_is_left() -> None:
    with suppress(ChildProcessError):
        while True:
            for pid in map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()):
                os.kill(pid, signal.SIGKILL)
            os.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
