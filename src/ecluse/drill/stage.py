"""Where a scenario is played: its shop, its story, and what all of them look at."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.drill.observer import happens, processes_of, words_of
from ecluse.drill.shop import Shop, ShopError
from ecluse.drill.story import Story


class NotPossibleError(Exception):
    """This machine lacks what the scenario needs; says what."""


@dataclass(kw_only=True)
class Stage:
    """`folder` is scratch. `pantry` is where an earlier scenario kept its packages."""

    folder: Path
    hosts: int
    story: Story
    pantry: Path | None = None
    shop: Shop = field(init=False)
    serves: str = field(init=False, default="")
    """The release that served before anything went wrong."""

    def open(
        self, fault: Mapping[str, str], *, lease: float = 5.0, watch: str = "2s", hosts: int = 0,
        folder: Path | None = None,
    ) -> Shop:  # fmt: skip
        """A shop whose first release serves."""
        root = (folder or self.folder) / "shop"
        self.shop = Shop(root=root, hosts=hosts or self.hosts, lease=f"{lease:g}s", watch=watch, fault=fault)
        self.serves = self.shop.open(self.pantry)
        self.story.note(f"{self.serves} serves on {self.shop.hosts} host{'s' * (self.shop.hosts > 1)}")
        return self.shop

    def require(self, happened: object, otherwise: str) -> None:
        if not happened:
            raise ShopError(otherwise)

    def is_status_true(self) -> bool:
        """Whether `ecluse status` says of each host what a customer gets there."""
        said = {name: host["version"] for name, host in self.shop.status().items()}
        return said == self.shop.answering()

    def said(self) -> str:
        """The words of `ecluse status`."""
        hosts = self.shop.status().items()
        return ", ".join(
            f"{name} {host['health']} {host['version'] or ''}{' (open)' if host['open'] else ''}".rstrip()
            for name, host in hosts
        )

    def is_settled(self) -> bool:
        """Every host serves what served before, nothing is open, nobody holds anything."""
        if set(self.shop.answering().values()) != {self.serves}:
            return False
        hosts = self.shop.status().values()
        return all(host["open"] is None and host["lease"] is None and host["health"] == "healthy" for host in hosts)

    def recovers(self, since: float, *, within: float, how: str) -> None:
        settled = happens(self.is_settled, within, every=0.1)
        self.story.recovered(since)
        self.story.note(f"every host serves {self.serves}" if settled else f"not settled: {self.said()}")
        self.story.promise(
            f"within {within:g} s all hosts are back {how}, nothing is open, nobody holds a lease", kept=settled,
            seen=f"{self.story.recovery} s",
        )  # fmt: skip

    def next_ship(self, beside: set[str] | None = None) -> None:
        """What comes next needs neither flags nor care."""
        self.shop.sell("after")
        done = self.shop.ecluse("ship")
        self.story.note(f"the next ship: {done.why}")
        served = set(self.shop.answering().values())
        fine = done.exit == 0 and served == {done.document.get("version")} and not served & (beside or {self.serves})
        self.story.promise("the next ship needs no flags", kept=fine, seen=f"{done.why}; serves {', '.join(served)}")

    def all_serve(self, release: str) -> None:
        found = self.shop.answering()
        told = ", ".join(sorted(set(found.values())))
        self.story.promise("every host serves the same", kept=set(found.values()) == {release}, seen=told)

    def fill(self, pantry: Path) -> None:
        """For the next scenario, so that each package is fetched once."""
        if not pantry.exists():
            shutil.copytree(self.shop.store, pantry)

    def close(self) -> None:
        """The shop is stopped as a person would; what it leaves behind was lost sight of."""
        done = self.shop.ecluse("stop")
        happens(lambda: not processes_of(self.folder), 5.0)
        left = processes_of(self.folder)
        self.story.note(f"stop: {done.why}")
        self.story.promise(
            "after `ecluse stop` nothing of it is left running", kept=done.exit == 0 and not left,
            seen="; ".join([done.why, *map(words_of, left)]),
        )  # fmt: skip
