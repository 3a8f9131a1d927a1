"""The same work on many hosts: `ecluse fleet` beside Ansible, pyinfra and Fabric's ThreadingGroup.

Real sshd on the loopback; on each host an ordinary user of its own. Wall time and the controller's processor time (user
and system, of everything that it starts), in turns; medians of ROUNDS.
Usage: python benchmarks/fleet.py [ROUNDS] [HOSTS...]
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench_cost import Cost, cost
from bench_hosts import Fleet, fleet
from bench_peers import Peers, environment, installed, versions
from bench_shop import ECLUSE, table

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 5_000_000
COPIED = "copied.bin"
TASKED = 20
MANIFEST = """\
manifest = 1

[app]
name = "shop"

[processes.web]
app = "shop:application"
interface = "wsgi"

[environments.production]
hosts = [{names}]

[environments.production.ssh]
config = "{config}"
at_once = {count}
"""


def main(rounds: int, counts: list[int]) -> None:
    installed()
    compiled("ecluse", "asyncssh", "cryptography", "click")
    print(versions())
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as name, fleet(Path(name), max(counts)) as whole:
        source = whole.folder / "copied.bin"
        source.write_bytes(os.urandom(SIZE))
        for count in counts:
            some = whole.first(count)
            peers = Peers(some, whole.folder / f"of{count}")
            here = shop(some, whole.folder / f"shop{count}")
            env = environment(whole.folder)
            work = {"ecluse": [ECLUSE, "fleet", "run", "--", "true"], **peers.run("true")}
            compare(f"`true` on {count} hosts", measured(work, here, env, rounds), rounds)
            work = {"ecluse": [ECLUSE, "fleet", "copy", str(source), COPIED], **peers.copy(source, COPIED)}
            figures = measured(work, here, env, rounds, before=lambda: whole.run(f"rm -f /home/*/{COPIED}"))
            compare(f"a new file of {SIZE // 1_000_000} MB to {count} hosts", figures, rounds)
        some = whole.first(TASKED)
        here = shop(some, whole.folder / "tasks")
        work = {"ecluse": [ECLUSE, "host", "prepare", "production"], **Peers(some, whole.folder / "peers").tasks()}
        figures = measured(work, here, environment(whole.folder), rounds)
        compare(f"three tasks with nothing to change on {TASKED} hosts", figures, rounds)


def shop(some: Fleet, folder: Path) -> Path:
    folder.mkdir()
    names = ", ".join(f'"{host.user}@{host.address}:{some.port}"' for host in some.hosts)
    (folder / "ecluse.toml").write_text(MANIFEST.format(names=names, config=some.config, count=len(some.hosts)))
    return folder


def compiled(*packages: str) -> None:
    for package in packages:
        found = importlib.util.find_spec(package)
        compileall.compile_dir(str(Path(found.origin).parent), quiet=2)


def measured(
    work: dict[str, list[str]],
    folder: Path,
    env: dict[str, str],
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[Cost]]:
    figures: dict[str, list[Cost]] = {tool: [] for tool in work}
    for _ in range(rounds + 1):  # the first round warms up
        for tool, argv in work.items():
            before()
            figures[tool].append(cost(argv, folder, env))
    return {tool: costs[1:] for tool, costs in figures.items()}


def compare(title: str, figures: dict[str, list[Cost]], rounds: int) -> None:
    walls = {tool: statistics.median(each.wall for each in costs) for tool, costs in figures.items()}
    cpus = {tool: statistics.median(each.cpu for each in costs) for tool, costs in figures.items()}
    rows = [
        (
            tool, f"{walls[tool]:.2f}", f"{walls['ecluse'] / walls[tool]:.2f}",
            f"{cpus[tool]:.2f}", f"{cpus['ecluse'] / cpus[tool]:.2f}",
            " ".join(f"{each.wall:.2f}/{each.cpu:.2f}" for each in costs),
        )
        for tool, costs in figures.items()
    ]  # fmt: skip
    table(f"{title}, medians of {rounds}", ("tool", "wall s", "ecluse ÷ it", "CPU s", "ecluse ÷ it", "each"), rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5, [int(word) for word in sys.argv[2:]] or [50, 100])
