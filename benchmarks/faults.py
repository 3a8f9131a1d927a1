"""Kills at random moments of random ships on three hosts, under strict customers: what was lost, what was untrue.

Each round ships a new edition and meanwhile ends whom the dice choose: the deployer (KILL, INT, HUP, or STOP and CONT
later) and keepers or holders (KILL). Then `ecluse status` has to agree with what customers get on each host within 5 s,
and the next ship, without flags, has to serve on all. The seed is printed: the same seed makes the same choices.
SIGINT or SIGTERM ends the run early; what was seen until then is told.
Usage: python benchmarks/faults.py [KILLS [SEED]]
"""

from __future__ import annotations

import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench_shop import table

from ecluse.drill.customers import Customers
from ecluse.drill.observer import end_all, happens, processes_of, send, words_of
from ecluse.drill.shop import Shop

if TYPE_CHECKING:
    import subprocess

ROUNDS = 4
"""With one crowd of customers, who stay for a minute at most."""
DEPLOYER = ("KILL", "INT", "HUP", "STOP")
TRUE_WITHIN = 5.0


@dataclass
class Seen:
    kills: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    untrue: int = 0
    stuck: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def troubles(self) -> str:
        return f"{len(self.lost)} lost, {self.untrue} untrue, {len(self.stuck)} stuck"


def main(kills: int, seed: int) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's job in the background would ignore the first
        signal.signal(number, signal.default_int_handler)
    dice, seen = random.Random(seed), Seen()
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as scratch:
        folder = Path(scratch)
        shop = Shop(root=folder / "shop", hosts=3, lease="4s", watch="200ms", fault={})
        try:
            shop.open()
            with suppress(KeyboardInterrupt):
                while seen.kills.total() < kills:
                    a_crowd(shop, dice, seen, folder)
                    print(f"{seen.kills.total():5} kills", seen.troubles, flush=True)
            seen.left = left_running(shop, folder)
        finally:
            end_all(folder)
    return tell(seen)


def a_crowd(shop: Shop, dice: random.Random, seen: Seen, folder: Path) -> None:
    customers = Customers(shop.urls, shop.root)
    try:
        with customers:
            for _ in range(ROUNDS):
                a_round(shop, dice, seen, folder)
    finally:
        seen.answered += customers.count.answered
        seen.lost += customers.count.lost


def a_round(shop: Shop, dice: random.Random, seen: Seen, folder: Path) -> None:
    shop.sell(f"round {dice.random()}")
    deployer = shop.begin("ship")
    chosen = victims(dice)
    for victim in chosen:
        time.sleep(dice.uniform(0.05, 0.6))
        strike(victim, deployer, shop, folder, dice)
        seen.kills[victim] += 1
    if "deployer STOP" in chosen:
        time.sleep(dice.uniform(0, 6))
        deployer.send_signal(signal.SIGCONT)
    deployer.communicate(timeout=120)
    began = time.monotonic()
    if happens(lambda: agrees(shop), TRUE_WITHIN):
        seen.truth.append(time.monotonic() - began)
    else:
        seen.untrue += 1
    shop.sell(f"after {dice.random()}")
    done = shop.ecluse("ship")
    if done.exit or set(shop.answering().values()) != {done.document.get("version")}:
        seen.stuck.append(done.why)


def victims(dice: random.Random) -> list[str]:
    """One to four; the deployer in half of the rounds."""
    chosen = [dice.choice(("keeper", "holder")) for _ in range(dice.randint(1, 3))]
    if dice.random() < 0.5:
        chosen.insert(dice.randint(0, len(chosen)), f"deployer {dice.choice(DEPLOYER)}")
    return chosen


def strike(victim: str, deployer: subprocess.Popen[str], shop: Shop, folder: Path, dice: random.Random) -> None:
    if victim.startswith("deployer"):
        deployer.send_signal(getattr(signal, f"SIG{victim.split()[1]}"))
        return
    host = dice.choice(shop.names)
    found = {shop.keepers()[host]} if victim == "keeper" else holders(shop, host, folder)
    for pid in found - {0}:
        send(pid, signal.SIGKILL, folder)


def holders(shop: Shop, host: str, folder: Path) -> set[int]:
    home = str(shop.root / host / "environments" / "local")
    return {pid for pid in processes_of(folder) if f"holder --home {home} " in words_of(pid) + " "}


def agrees(shop: Shop) -> bool:
    answering = shop.answering()
    said = {name: host["version"] for name, host in shop.status().items()}
    return said == answering and "" not in answering.values()


def left_running(shop: Shop, folder: Path) -> list[str]:
    shop.ecluse("stop")
    happens(lambda: not processes_of(folder), 10)
    return [words_of(pid) for pid in processes_of(folder)]


def tell(seen: Seen) -> int:
    rows = [(victim, count) for victim, count in sorted(seen.kills.items())]
    table(f"{seen.kills.total()} kills", ("victim", "times"), [*rows, ("together", seen.kills.total())])
    truth = sorted(seen.truth) or [0.0]
    print(
        f"  {len(seen.lost)} of {seen.answered:,} requests lost; `status` true after {statistics.median(truth):.2f} s "
        f"(median), {truth[-1]:.2f} s (longest), not within {TRUE_WITHIN:g} s: {seen.untrue}; next ships that failed: "
        f"{len(seen.stuck)}; processes left: {len(seen.left)}"
    )
    for trouble in [*seen.lost[:10], *seen.stuck[:10], *seen.left[:10]]:
        print("  ", trouble)
    return 1 if seen.lost or seen.untrue or seen.stuck or seen.left else 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(given[0] if given else 100, given[1] if len(given) > 1 else int(time.time())))
