"""How long the commands take: start-up, `status`, `ship` with nothing changed, a deploy's overhead, a warm rollback.

Beside a bare interpreter and click alone, in the same run, in turns; medians of ROUNDS. The overhead of a deploy is the
time of `ship` less the app's own start (asked of the same server, by hand) and less the watch, which is policy.
Usage: python benchmarks/commands.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bench_shop import ECLUSE, ByHand, Served, served, table


def main(rounds: int) -> None:
    with served("flask-hello") as shop:
        peers = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import click'": [sys.executable, "-c", "import click"],
            "ecluse --version": [ECLUSE, "--version"],
            "ecluse status": [ECLUSE, "status"],
            "ecluse ship (nothing changed)": [ECLUSE, "ship"],
        }
        figures = {name: [] for name in peers}
        for _ in range(rounds + 1):  # the first round warms up
            for name, argv in peers.items():
                figures[name].append(timed(argv, shop))
        deploys, rollbacks, starts = [], [], []
        for number in range(rounds):
            shop.commit(f"number {number}")
            deploys.append(timed([ECLUSE, "ship"], shop))
            rollbacks.append(timed([ECLUSE, "rollback"], shop))
            starts.append(own_start(shop))
            shop.json("rollback")
    figures = {name: measured[1:] for name, measured in figures.items()}
    figures["ecluse ship (one file changed, no steps, no watch)"] = deploys
    figures["the app's own start, by hand, to its first answer"] = starts
    figures["overhead of a deploy: the difference"] = [
        ship - start for ship, start in zip(deploys, starts, strict=True)
    ]
    figures["ecluse rollback (warm)"] = rollbacks
    bare = statistics.median(figures["python -c pass"])
    rows = [
        (
            name,
            f"{statistics.median(measured):.2f}",
            f"{statistics.median(measured) / bare:.1f}",
            " ".join(f"{seconds:.2f}" for seconds in measured),
        )
        for name, measured in figures.items()
    ]
    table(f"seconds of wall time, medians of {rounds}", ("command", "median", "× bare python", "each"), rows)


def own_start(shop: Served) -> float:
    by_hand = ByHand(shop, 1)
    began = time.perf_counter()
    with by_hand.started():
        return time.perf_counter() - began


def timed(argv: list[str], shop: Served) -> float:
    began = time.perf_counter()
    subprocess.run(argv, cwd=shop.folder, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
