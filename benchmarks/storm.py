"""A storm of swaps under 32 kept-alive connections, GET and POST, by a client that never retries.

50 deploys and 10 rollbacks; every lost or broken answer counts, and so does an old release on a connection that was
opened after the deploy of the new one had reported done. Usage: python benchmarks/storm.py [DEPLOYS] [ROLLBACKS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from bench_shop import Served, served, table


def main(deploys: int, rollbacks: int) -> int:
    with served("flask-hello", watch="0s") as shop:
        quiet = during(shop, lambda: time.sleep(10))
        stormy = during(shop, lambda: storm(shop, deploys, rollbacks))
    stale = count_stale(stormy)
    rows = [
        (
            name,
            tally["answers"],
            len(tally["failures"]),
            f"{tally['latencies']['p50'] * 1000:.1f}",
            f"{tally['latencies']['p99'] * 1000:.1f}",
            f"{tally['latencies']['max'] * 1000:.0f}",
        )
        for name, tally in (("steady", quiet), ("storm", stormy))
    ]
    table(f"{deploys} deploys and {rollbacks} rollbacks", ("", "answers", "failed", "p50 ms", "p99 ms", "max ms"), rows)
    ratio = stormy["latencies"]["p99"] / quiet["latencies"]["p99"]
    print(f"  p99 in the storm is {ratio:.1f} times that of steady state; stale answers on new connections: {stale}")
    for failure in stormy["failures"][:10]:
        print("  ", failure)
    return 1 if stormy["failures"] or stale else 0


def storm(shop: Served, deploys: int, rollbacks: int) -> list[tuple[float, str]]:
    """(when it reported done, what serves since)"""
    done = []
    every = max(deploys // rollbacks, 1) if rollbacks else deploys + 1
    for number in range(1, deploys + 1):
        shop.commit(f"number {number}")
        done.append((shop.json("ship")["version"], time.time()))
        if number % every == 0 and number // every <= rollbacks:
            done.append((shop.json("rollback")["version"], time.time()))
    return done


def during(shop: Served, work) -> dict[str, object]:
    client = subprocess.Popen(
        [sys.executable, "-m", "ecluse.testing.load", shop.url, "--connections", "32", "--post", "/echo"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    client.stderr.readline()
    swaps = work() or []
    out, err = client.communicate("", timeout=120)
    if not out:
        raise SystemExit(err)
    return {**json.loads(out), "swaps": swaps}


def count_stale(tally: dict[str, object]) -> int:
    """Connections opened while only one release was to serve, that were answered by another."""
    spans = [(version, since) for version, since in tally["swaps"]]
    stale = 0
    for opened, release in tally["openings"]:
        current = [version for version, since in spans if since < opened]
        following = [version for version, since in spans if since >= opened]
        allowed = {current[-1], following[0]} if current and following else {*current[-1:], *following[:1], release}
        stale += release not in allowed
    return stale


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:3])) if len(sys.argv) > 1 else main(50, 10))
