"""What runs on each host against what should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.history import State
from ecluse.model.ids import HostName, ReleaseId
from ecluse.model.observed import Observed, SlotState
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Drift:
    """`should` is the version that the ledger says serves, empty for none. `differences` by host, those without any
    too; `lost`: why a host could not be asked."""

    should: str
    differences: Mapping[HostName, tuple[str, ...]]
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def exit(self) -> Exit:
        if self.lost:
            return Exit.UNREACHABLE
        return Exit.REFUSED if any(self.differences.values()) else Exit.DONE


async def drift(wanted: Wanted, world: World, on: tuple[HostName, ...] | None = None) -> Drift:
    """Changes nothing, not even the ledger. `on`: these hosts only."""
    fleet = fleet_of(world, wanted.app, wanted.environment)
    seen = await fleet.without(fleet.targets.keys() - set(fleet.targets if on is None else on)).observe()
    state, should = world.ledger.state(), known(world, wanted.environment.name).serving
    return Drift(
        should=version_of(should, state),
        differences={host: tuple(differences(one, should, state)) for host, one in seen.hosts.items()},
        lost=seen.lost,
    )


def differences(seen: Observed, should: str, state: State) -> Iterator[str]:
    """The host is right about itself; the ledger is what was meant."""
    slot = seen.slot(seen.serving) if seen.serving else None
    serves = (slot.release or "") if slot else ""
    if serves != should:
        yield f"serves {version_of(serves, state) or 'nothing'} instead of {version_of(should, state) or 'nothing'}"
    if slot and slot.state is not SlotState.RUNNING:
        yield f"the slot that serves is {slot.state}"
    for process in slot.processes if slot else ():
        if process.state != "running":
            yield f"{process.name} is {process.state}, started again {process.restarts} times"
    if seen.open:
        yield f"deployment {seen.open.id} of {seen.open.version} is open, last move {seen.open.last_move}"
    yield from seen.warnings


def version_of(release: str, state: State) -> str:
    found = state.releases.get(ReleaseId(release))
    return found.version if found else release
