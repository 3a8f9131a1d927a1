"""Hosts that were started anew get the secrets of what serves there again."""

from __future__ import annotations

from ecluse.loop.deploy.fleet import Fleet, Seen
from ecluse.loop.deploy.health import Expected, await_healthy, hidden, restarts_of
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.problems import at_host
from ecluse.loop.deploy.recall import Recalled
from ecluse.loop.deploy.wanted import Wanted, running_on
from ecluse.loop.each import on_each
from ecluse.model.ids import HostName
from ecluse.model.observed import Observed, SlotSeen, SlotState
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.verdict import Verdict
from ecluse.ports.target import Running
from ecluse.ports.world import World


async def revive(
    fleet: Fleet, lease: Lease, seen: Seen, then: Wanted, recalled: Recalled, world: World
) -> tuple[HostName, ...]:
    """Those that serve the release and want its secrets: it is started where it is, and asked for its health. Raises
    each host's Problem once all were tried: D085 where it is not well."""
    waiting = {host: slot for host, one in seen.hosts.items() if (slot := _waiting(one, recalled.release.id))}

    async def act(host: HostName) -> None:
        slot, running = waiting[host], running_on(host, then, recalled.release, recalled.bundle)
        await fleet.targets[host].start(lease.grant(), running, slot.slot)
        verdict = await _asked(fleet, host, slot, running, world)
        if verdict and verdict.stops:
            raise ProblemError(not_well(recalled.release.version, hidden(verdict, running.secrets)))

    found = await on_each(waiting, act)
    if found.failed:
        failed = [(host, problem) for host, error in found.failed.items() for problem in error.problems]
        raise ProblemError(*(problem if fleet.is_single else at_host(host, problem) for host, problem in failed))
    return tuple(found.done)


def _waiting(seen: Observed, release: str) -> SlotSeen | None:
    """The slot that serves it, where that waits for its secrets."""
    slot = seen.slot(seen.serving) if seen.serving else None
    waits = slot and slot.release == release and slot.state is SlotState.WANTS_SECRETS
    return slot if waits else None


async def _asked(fleet: Fleet, host: HostName, slot: SlotSeen, running: Running, world: World) -> Verdict | None:
    """None where nothing can be asked."""
    web = running.web
    if web is None or web.health is None:
        return None
    expected = Expected(health=web.health, release=running.release, stamped="stamps" in slot.guarantees)

    def say(text: str) -> None:
        world.reporter.waits("revive", text if fleet.is_single else f"{host}: {text}")

    return await await_healthy(fleet.targets[host], slot.slot, expected, world, say, restarts_of(slot))


def not_well(version: str, verdict: Verdict) -> Problem:
    return Problem(
        code="D085", what=f"release {version} has its secrets again and is not well", evidence=verdict.evidence,
        state="it runs, and gets the traffic that it got before", exit=Exit.REFUSED,
        fix="`ecluse logs` says why; mend the values of its secrets or what it needs, then ship",
    )  # fmt: skip
