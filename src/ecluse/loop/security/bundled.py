"""The packages that a bundle brings: their vulnerabilities, their licences."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.loop.build.bundle import wheelhouse_of
from ecluse.loop.code.checkout import reader
from ecluse.loop.security.ground import Ground
from ecluse.loop.security.licences import Licensed, judged, licensed
from ecluse.loop.security.own import is_own, own_names
from ecluse.loop.security.packages import finding, headers
from ecluse.model.artifact import Wheel
from ecluse.model.finding import Finding, Scan, Unchecked, numbered
from ecluse.model.package import Package
from ecluse.model.security import Scanner
from ecluse.ports.advisories import Advisories


@dataclass(slots=True)
class Bundled:
    """The wheels of others that the app and its server have, asked for once for all who look at them."""

    ground: Ground
    _wheels: asyncio.Task[tuple[Wheel, ...]] | None = None

    async def wheels(self) -> tuple[Wheel, ...]:
        """ProblemError where they can't be had."""
        if self._wheels is None:
            self._wheels = asyncio.ensure_future(self._asked())
        return await self._wheels

    async def _asked(self) -> tuple[Wheel, ...]:
        house = await wheelhouse_of(self.ground.app, self.ground.world, self.ground.checkout)
        names = await asyncio.to_thread(own_names, self.ground.checkout.files, reader(self.ground.checkout.folder))
        found = {wheel.name: wheel for wheel in (*house.app, *house.server) if not is_own(wheel, names)}
        return tuple(found[name] for name in sorted(found))


async def vulnerable(bundled: Bundled, advisories: Advisories) -> Scan:
    """A package without an answer is not checked, each by itself: one that no public index knows can be accepted, and
    the others still count. Without an answer for any it is the source that is silent, told once."""
    packages = tuple(dict.fromkeys(Package.of_wheel(wheel.name) for wheel in await bundled.wheels()))
    answers = await advisories.ask(packages)
    silent = {package: answer for package, answer in answers.items() if isinstance(answer, str)}
    found = [
        finding(package, one) for package, answer in answers.items() if not isinstance(answer, str) for one in answer
    ]
    return Scan(
        scanner=Scanner.DEPENDENCIES,
        findings=numbered(found),
        unchecked=tuple(_silence(silent, all_of_them=len(silent) == len(packages))),
        looked=len(packages) - len(silent),
        tool=advisories.name,
    )


def _silence(silent: dict[Package, str], *, all_of_them: bool) -> Iterable[Unchecked]:
    if silent and all_of_them:
        why = next(iter(silent.values()))
        yield Unchecked(scanner=Scanner.DEPENDENCIES, why=f"the source gave no answer for any package: {why}")
        return
    for package, why in silent.items():
        yield Unchecked(scanner=Scanner.DEPENDENCIES, place=package.name, why=why)


async def under_licences(bundled: Bundled) -> Scan:
    wheels = await bundled.wheels()
    told = await asyncio.to_thread(_licences, wheels, bundled.ground)
    found = [judged(one, bundled.ground.policy) for one in told]
    return Scan(
        scanner=Scanner.LICENCES,
        findings=numbered(one for one in found if isinstance(one, Finding)),
        unchecked=tuple(one for one in found if isinstance(one, Unchecked)),
        looked=len(told),
        tool="the metadata of wheels",
    )


def _licences(wheels: Iterable[Wheel], ground: Ground) -> tuple[Licensed, ...]:
    return tuple(
        licensed(Package.of_wheel(wheel.name), headers(_metadata(wheel, ground)), ground.policy) for wheel in wheels
    )


def _metadata(wheel: Wheel, ground: Ground) -> bytes:
    """Of the wheel itself; packages that it carries along may have some of their own, further in."""
    with zipfile.ZipFile(ground.world.store.path(wheel.digest)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
        return archive.read(names[0]) if names else b""
