"""1,000 steps that do nothing: `ecluse check --jobs 2` beside `make -j2`, wall time and processor time.

Ecluse's figure is that of the whole command: start of the interpreter, checkout, a tree, HOME, TMPDIR, session and log
for each step, and its event in the ledger. Bytecode is compiled. Where others use the machine too, trust the ratio of
processor time. Usage: python benchmarks/steps.py [STEPS] [ROUNDS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_shop import ECLUSE

IDENTITY = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")
MANIFEST = """
[app]
name = "bench"

[processes.worker]
command = ["sleep", "600"]
"""
STEP = """
[steps.s{number}]
command = ["true"]
inputs = []
group = "check"
"""


def main(steps: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as name:
        folder = prepare(Path(name), steps)
        contestants = {
            "make -j2": ["make", "-j2", "--silent", "all"],
            "ecluse check --jobs 2": [ECLUSE, "check", "--jobs", "2"],
        }
        for command in contestants.values():  # compiled, cached and warm for both
            measure(command, folder)
        figures = {title: [] for title in contestants}
        for _ in range(rounds):
            for title, command in contestants.items():
                figures[title].append(measure(command, folder))
        report(figures, steps, rounds)


def prepare(folder: Path, steps: int) -> Path:
    (folder / "ecluse.toml").write_text(MANIFEST + "".join(STEP.format(number=number) for number in range(steps)))
    names = " ".join(f"s{number}" for number in range(steps))
    (folder / "Makefile").write_text(f".PHONY: all {names}\nall: {names}\n{names}:\n\t@true\n")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run(["git", *IDENTITY, "commit", "--quiet", "--message", "bench"], cwd=folder, check=True)
    return folder


def measure(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of wall time, and of processor time of the command and its children."""
    before = os.times()
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, check=True, stdout=quiet, stderr=quiet)
    wall = time.perf_counter() - began
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def report(figures: dict[str, list[tuple[float, float]]], steps: int, rounds: int) -> None:
    print(f"{steps} no-op steps, medians of {rounds}, taking turns\n")
    print(f"{'':<24}{'wall s':>9}{'ms/step':>9}{'ratio':>8}{'cpu s':>9}{'ratio':>8}")
    medians = {
        title: [statistics.median(column) for column in zip(*runs, strict=True)] for title, runs in figures.items()
    }
    base_wall, base_used = medians["make -j2"]
    for title, (wall, used) in medians.items():
        print(f"{title:<24}{wall:>9.2f}{wall / steps * 1000:>9.2f}{wall / base_wall:>8.2f}", end="")
        print(f"{used:>9.2f}{used / base_used:>8.2f}")


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(*(arguments + [1000, 5][len(arguments) :]))
