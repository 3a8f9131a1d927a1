"""Compensation: every host that moved goes back, if the place to go back to is fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from ecluse.loop.deploy.answered import Answered, latest
from ecluse.loop.deploy.balancing import put_back
from ecluse.loop.deploy.fleet import Fleet, is_lost
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.plan import UP
from ecluse.loop.deploy.problems import left_undone, needs_person, over_by_then, still_drained
from ecluse.loop.each import on_each
from ecluse.model.deployment import Place
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import Observed, SlotSeen, SlotState
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.model.values import frozen
from ecluse.ports.target import Target
from ecluse.wire.codes import COMMITTED


@frozen
class Undone:
    """How each host ended. `kept` and `lost` say why a host did not go back; `over` what one serves where it was
    over by then, and not undone."""

    reverted: tuple[HostName, ...] = ()
    kept: Mapping[HostName, str] = field(default_factory=dict)
    over: Mapping[HostName, str] = field(default_factory=dict)
    lost: Mapping[HostName, str] = field(default_factory=dict)
    drained: Mapping[HostName, str] = field(default_factory=dict)
    """Hosts that the balancer still gives no requests, and why; they went back all the same."""
    ran: tuple[SlotSeen, ...] = ()
    """The new release's slots, with what they had counted in the end."""
    answered: Answered | None = None
    """None where it had no traffic that is known to be its own."""

    @property
    def is_whole(self) -> bool:
        """Every host went back."""
        return not (self.kept or self.over or self.lost)

    def told(self, problem: Problem) -> Problem:
        """The Problem that led here, with the state that things are in now. All that went otherwise is named; the worst
        has the code."""
        told = still_drained(problem, self.drained) if self.drained else problem
        told = left_undone(told, self.lost) if self.lost else told
        told = needs_person(told, self.kept) if self.kept else told
        told = over_by_then(told, self.over) if self.over else told
        return replace(told, state="; ".join(filter(None, (told.state, str(self.answered or "")))))


async def undo(fleet: Fleet, lease: Lease, deployment: DeploymentId, places: tuple[Place, ...], why: str) -> Undone:
    """First the traffic of all hosts at once, for a silent one must not delay the others; then the new release is
    drained and stopped on all. Last, those that the deployment had taken out of the balancer are put back."""
    moved = {place.host: place for place in places}

    async def send_back(host: HostName) -> str:
        return await _send_back(fleet.targets[host], lease, deployment, moved[host])

    sent = await on_each(tuple(moved), send_back)
    fit = sent.done

    async def abort(host: HostName) -> Undone:
        """The last word is the host's own."""
        target = fleet.targets[host]
        seen = await target.observe()
        if seen.open is None or seen.open.id != deployment:
            return _ended(moved[host], seen, deployment, fit[host])
        slot = seen.slot(moved[host].slot)
        try:
            reason = await target.abort(lease.grant(), deployment, why, keep=bool(fit[host]))
        except ProblemError as error:
            if error.problems[0].code != COMMITTED:
                raise
            return _ended(moved[host], await target.observe(), deployment, fit[host])
        if reason:
            return Undone(kept={host: f"{host}: {fit[host] or reason}"}, ran=(slot,))
        return Undone(reverted=(host,), ran=(await _in_the_end(target, slot),))

    found = await on_each(tuple(fit), abort)
    ends = found.done.values()
    return Undone(
        reverted=tuple(host for end in ends for host in end.reverted),
        kept={host: reason for end in ends for host, reason in end.kept.items()},
        over={host: serves for end in ends for host, serves in end.over.items()},
        lost={host: str(error) for host, error in (*sent.failed.items(), *found.failed.items())},
        ran=tuple(slot for end in ends for slot in end.ran),
        drained=await put_back(fleet, lease, deployment),
    )


async def _in_the_end(target: Target, before: SlotSeen) -> SlotSeen:
    """The last connections are answered while the slot is drained. One that is lost by now is undone all the same."""
    try:
        return latest(before, (await target.observe()).slot(before.slot))
    except ProblemError:
        return before


def _ended(place: Place, seen: Observed, deployment: DeploymentId, trouble: str) -> Undone:
    """How it had ended on a host before we came. One that has no record of it, and serves from another slot, never
    began."""
    ended = next((one for one in seen.finished if one.id == deployment), None)
    if ended is not None and ended.outcome == "committed":
        if ended.why:
            return Undone(kept={place.host: f"{place.host}: {trouble or ended.why}"})
        return Undone(over={place.host: f"serves {_version(seen)}: it was committed"})
    if ended is None and seen.serving is place.slot and place.previous is not place.slot:
        return Undone(over={place.host: f"serves {_version(seen)}, and its journal knows nothing of the deployment"})
    return Undone(reverted=(place.host,))


def _version(seen: Observed) -> str:
    return (seen.slot(seen.serving).version if seen.serving else None) or "nothing"


async def _send_back(target: Target, lease: Lease, deployment: DeploymentId, place: Place) -> str:
    """Traffic to the release before; why not, when that one is ill and the new one is well."""
    seen = await target.observe()
    if seen.open is None or seen.open.id != deployment or place.previous in (None, place.slot):
        return ""
    previous = seen.slot(place.previous)
    if not seen.slot(place.slot).weight or previous.state is SlotState.HALTED:
        return ""
    trouble = await trouble_of(target, seen, place.previous)
    if not trouble:
        await _route_back(target, lease, place.previous)
    elif await trouble_of(target, seen, place.slot):
        return ""
    return trouble


async def _route_back(target: Target, lease: Lease, previous: Slot) -> None:
    """A host that refuses (its disk is full, say) may still do it with the abort, which asks for less."""
    try:
        await target.route(lease.grant(), Weights.all_to(previous))
    except ProblemError as error:
        if is_lost(error):
            raise


async def trouble_of(target: Target, seen: Observed, slot: Slot) -> str:
    """Why a slot isn't fit to serve; empty when it is. The target asks: each release has a health check of its own."""
    found = seen.slot(slot)
    if found.release is None:
        return f"nothing runs in {slot}"
    if found.state not in UP:
        return f"{found.version} in {slot} is {found.state}"
    flaw = await target.flaw(slot)
    return f"{found.version} in {slot}: {flaw}" if flaw else ""
