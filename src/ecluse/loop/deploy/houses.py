"""The wheels that each host runs a release with: the bundle's own where they fit, others for another Python or system.

A bundle is named without regard to hosts, so that a release stays the same when it moves to an environment whose hosts
are others. The wheelhouses of further platforms are artifacts of their own, made of its commit and kept under it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ecluse.loop.build.servers import server_requirements
from ecluse.loop.code.checkout import Checkout, check_out
from ecluse.loop.code.workplace import workplace
from ecluse.loop.deploy.fleet import Fleet, is_lost
from ecluse.loop.deploy.problems import at_host
from ecluse.loop.each import on_each
from ecluse.model.app import App
from ecluse.model.artifact import Bundle, Wheelhouse, canonical, wheelhouse_from_json
from ecluse.model.events.deployments import WheelhouseChosen
from ecluse.model.ids import Digest, HostName, ReleaseId
from ecluse.model.platform import HostPlatform
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.target import ReportsPlatform
from ecluse.ports.world import World

Houses = Mapping[HostName, Wheelhouse]
Platforms = Mapping[HostName, HostPlatform]


async def houses_of(app: App, bundle: Bundle, fleet: Fleet, world: World) -> Houses:
    """The wheelhouse of each host that says what it runs on; the others take the bundle's.

    All Problems at once, each with its host's name: no Python there for the app (B002), or no wheel (B023). What was
    made once is found again.
    """
    if not bundle.wheelhouses:
        return {}
    reported = await _reported(fleet)
    own = {host: bundle.wheelhouses[0] for host, there in reported.items() if _serves(bundle.wheelhouses, there, world)}
    others = {host: there for host, there in reported.items() if host not in own}
    if not others:
        return own
    kept = {host: house for host, there in others.items() if (house := _Kept.of(app, bundle, there, world).recall())}
    lacking = {host: there for host, there in others.items() if host not in kept}
    made = await _made(app, bundle, lacking, world) if lacking else {}
    return {**own, **kept, **made}


def chosen(houses: Houses, release: ReleaseId, environment: str) -> tuple[WheelhouseChosen, ...]:
    """One fact for each wheelhouse that hosts are given."""
    each = {house.digest: house for house in houses.values()}
    return tuple(
        WheelhouseChosen(
            release=release, digest=digest, python=house.python, machine=house.machine, libc=house.libc,
            hosts=tuple(sorted(host for host, one in houses.items() if one.digest == digest)), environment=environment,
        )
        for digest, house in sorted(each.items())
    )  # fmt: skip


def untested(houses: Houses, bundle: Bundle) -> tuple[str, ...]:
    """Which hosts run it with another Python than the one that it was tested with, in words."""
    tested = bundle.wheelhouses[0].python if bundle.wheelhouses else ""
    others = sorted({house.python for house in houses.values()} - {tested})
    named = {
        python: ", ".join(sorted(host for host, house in houses.items() if house.python == python)) for python in others
    }
    return tuple(f"tested with Python {tested}, and run with {python} on {hosts}" for python, hosts in named.items())


async def _reported(fleet: Fleet) -> Platforms:
    """A host that can't be reached says nothing: what becomes of the deployment without it is decided where it is
    staged."""

    async def ask(host: HostName) -> HostPlatform | None:
        target = fleet.targets[host]
        return await target.platform() if isinstance(target, ReportsPlatform) else None

    found = await on_each(fleet.targets, ask)
    if wrong := [at_host(host, one) for host, e in found.failed.items() if not is_lost(e) for one in e.problems]:
        raise ProblemError(*wrong)
    return {host: there for host, there in found.done.items() if there is not None}


def _serves(houses: Sequence[Wheelhouse], there: HostPlatform, world: World) -> bool:
    platform = there.with_minor(houses[0].python)
    return platform is not None and world.toolchain.serves(houses[0], platform)


async def _made(app: App, bundle: Bundle, lacking: Platforms, world: World) -> Houses:
    """With one checkout for all. Hosts with the oldest system come first: what runs there runs on the others too."""
    world.reporter.note(f"wheels for {', '.join(sorted(lacking))}, which differ from this machine")
    made: dict[HostName, Wheelhouse] = {}
    wrong: list[Problem] = []
    with workplace(world.home, world.ids.new("houses")) as place:
        checkout = await check_out(world.source, bundle.commit, place.folder / "commit", dirty=bundle.dirty)
        making = _Making(app=app, bundle=bundle, checkout=checkout, world=world)
        for host, there in sorted(lacking.items(), key=lambda one: (one[1].release, one[0])):
            try:
                made[host] = await making.house(there, tuple(made.values()))
            except ProblemError as error:
                wrong += [at_host(host, problem) for problem in error.problems]
    if wrong:
        raise ProblemError(*wrong)
    return made


@frozen
class _Making:
    """The further wheelhouses of one commit."""

    app: App
    bundle: Bundle
    checkout: Checkout
    world: World

    async def house(self, there: HostPlatform, made: Sequence[Wheelhouse]) -> Wheelhouse:
        toolchain = self.world.toolchain
        tree, build = self.checkout.sources(self.app.build)
        same = there.with_minor(self.bundle.wheelhouses[0].python)
        platform = same or there.on(toolchain.suits(tree, build, there.pythons))
        found = next((house for house in made if toolchain.serves(house, platform)), None)
        house = found or await toolchain.wheelhouse(
            tree,
            build,
            servers=server_requirements(self.app, platform.minor),
            identity="" if self.checkout.dirty else f"{self.world.root}@{self.checkout.commit}",
            say=lambda line: self.world.reporter.line("build", line),
            platform=platform,
        )
        if not self.checkout.dirty:
            _Kept.of(self.app, self.bundle, there, self.world).keep(house)
        return house


@dataclass(frozen=True, slots=True)
class _Kept:
    """The answer for one bundle and one kind of host. `path` is named by all that it depends on."""

    path: Path
    world: World

    @classmethod
    def of(cls, app: App, bundle: Bundle, there: HostPlatform, world: World) -> _Kept:
        web = app.web
        asked = [bundle.digest, asdict(there), asdict(app.build), (web.interface, web.server) if web else ()]
        named = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
        return cls(world.home / "cache" / "houses" / f"{named[:40]}.json", world)

    def recall(self) -> Wheelhouse | None:
        """The wheelhouse, if all its wheels are still in the store."""
        store = self.world.store
        try:
            digest = Digest(json.loads(self.path.read_text(encoding="utf-8"))["document"])
            house = wheelhouse_from_json(json.loads(store.path(digest).read_bytes()))
        except (OSError, ValueError, KeyError):
            return None
        return house if all(store.has(wheel.digest) for wheel in (*house.app, *house.server, house.pip)) else None

    def keep(self, house: Wheelhouse) -> None:
        """A record that is cut short by a crash is no record, as in loop.build.remembered."""
        document = self.world.store.put_bytes(canonical(asdict(house)))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"document": document}), encoding="utf-8")
