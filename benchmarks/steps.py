"""Steps that do nothing, beside make, ninja, doit and go-task: two at once, all of them run; then all of them known.

Écluse's figure is that of the whole command: start of the interpreter, a checkout, and for each step a tree, HOME,
TMPDIR, a session, a log, redaction and an event in the ledger. The others start a process for each step as well. Known:
what has nothing to do again, by the tool's own means (file times; checksums; Écluse: the hash of all that a step
depends on). Processor time is that of the command and all that it starts. Medians of ROUNDS, in turns,
after one to warm up.
Usage: python benchmarks/steps.py [STEPS] [ROUNDS]
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_cost import Cost, cost
from bench_peers import BIN, installed
from bench_shop import ECLUSE, table

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
DODO = """\
DOIT_CONFIG = {{"default_tasks": ["all_{which}"], "verbosity": 0}}

def task_all_run():
    for number in range({steps}):
        yield {{"name": str(number), "actions": [["true"]]}}

def task_all_known():
    for number in range({steps}):
        out = f"out{{number}}"
        yield {{"name": str(number), "actions": [["touch", out]], "file_dep": ["in"], "targets": [out]}}
"""
TASKFILE = "version: '3'\nsilent: true\ntasks:\n"


def main(steps: int, rounds: int) -> None:
    installed()
    compileall.compile_dir(str(Path(importlib.util.find_spec("ecluse").origin).parent), quiet=2)
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as name:
        folder = prepare(Path(name), steps)
        ecluse = [ECLUSE, "check", "--jobs", "2"]
        task = [str(BIN / "task"), "-C", "2"]
        compare(f"{steps} steps, all run", {
            "make -j2": ["make", "-j2", "--silent", "run"],
            "ninja -j2": [str(BIN / "ninja"), "-j2", "--quiet", "run"],
            "doit -n 2": [str(BIN / "doit"), "-n", "2", "-f", "run.py"],
            "task -C 2": [*task, "run"],
            "ecluse": [*ecluse, "--fresh"],
        }, folder, rounds)  # fmt: skip
        compare(f"{steps} steps, all known", {
            "make -j2": ["make", "-j2", "--silent", "known"],
            "ninja -j2": [str(BIN / "ninja"), "-j2", "--quiet", "known"],
            "doit -n 2": [str(BIN / "doit"), "-n", "2", "-f", "known.py"],
            "task -C 2": [*task, "known"],
            "ecluse": ecluse,
        }, folder, rounds)  # fmt: skip
        compare("the command alone", {"ecluse --help": [ECLUSE, "--help"]}, folder, rounds)


def prepare(folder: Path, steps: int) -> Path:
    numbers = range(steps)
    (folder / "ecluse.toml").write_text(MANIFEST + "".join(STEP.format(number=number) for number in numbers))
    make(folder, steps)
    ninja(folder, steps)
    for which in ("run", "known"):
        (folder / f"{which}.py").write_text(DODO.format(which=which, steps=steps))
    (folder / "Taskfile.yml").write_text(TASKFILE + "".join(taskfile(number) for number in numbers) + "".join(
        f"  {which}:\n    deps: [{', '.join(f'{which}{number}' for number in numbers)}]\n" for which in ("run", "known")
    ))  # fmt: skip
    (folder / "in").write_text("")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "ecluse.toml"], cwd=folder, check=True)
    subprocess.run(["git", *IDENTITY, "commit", "--quiet", "--message", "bench"], cwd=folder, check=True)
    return folder


def make(folder: Path, steps: int) -> None:
    run = " ".join(f"s{number}" for number in range(steps))
    known = " ".join(f"made{number}" for number in range(steps))
    (folder / "Makefile").write_text(
        f".PHONY: run known {run}\nrun: {run}\n{run}:\n\t@true\nknown: {known}\n{known}: in\n\t@touch $@\n"
    )


def ninja(folder: Path, steps: int) -> None:
    run = "".join(f"build s{number}: nothing\n" for number in range(steps))
    known = "".join(f"build built{number}: touch in\n" for number in range(steps))
    everything = {which: " ".join(f"{which}{number}" for number in range(steps)) for which in ("s", "built")}
    (folder / "build.ninja").write_text(
        "rule nothing\n  command = true\nrule touch\n  command = touch $out\n"
        f"{run}{known}build run: phony {everything['s']}\nbuild known: phony {everything['built']}\n"
    )


def taskfile(number: int) -> str:
    return (
        f"  run{number}:\n    cmds: ['/bin/true']\n"
        f"  known{number}:\n    cmds: ['touch done{number}']\n    sources: ['in']\n    generates: ['done{number}']\n"
    )


def compare(title: str, work: dict[str, list[str]], folder: Path, rounds: int) -> None:
    figures: dict[str, list[Cost]] = {tool: [] for tool in work}
    for _ in range(rounds + 1):
        for tool, argv in work.items():
            figures[tool].append(cost(argv, folder, os.environ))
    report(title, {tool: costs[1:] for tool, costs in figures.items()}, rounds)


def report(title: str, figures: dict[str, list[Cost]], rounds: int) -> None:
    walls = {tool: statistics.median(each.wall for each in costs) for tool, costs in figures.items()}
    cpus = {tool: statistics.median(each.cpu for each in costs) for tool, costs in figures.items()}
    first = next(iter(figures))
    rows = [
        (
            tool, f"{walls[tool]:.3f}", f"{walls[tool] / walls[first]:.2f}", f"{cpus[tool]:.3f}",
            f"{cpus[tool] / cpus[first]:.2f}", " ".join(f"{each.wall:.2f}" for each in costs),
        )
        for tool, costs in figures.items()
    ]  # fmt: skip
    ratio = f"÷ {first}"
    table(f"{title}, medians of {rounds}", ("tool", "wall s", ratio, "CPU s", ratio, "each round"), rows)


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(*(arguments + [1000, 5][len(arguments) :]))
