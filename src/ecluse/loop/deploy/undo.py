"""Compensation: every host that moved goes back, if the place to go back to is fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecluse.loop.deploy.fleet import Fleet, on_each
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.plan import UP
from ecluse.loop.deploy.problems import left_undone, needs_person
from ecluse.model.deployment import Place
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import Observed, SlotState
from ecluse.model.problem import Problem
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How each host ended. `kept` and `lost` say why a host did not go back."""

    reverted: tuple[HostName, ...] = ()
    kept: Mapping[HostName, str] = field(default_factory=dict)
    lost: Mapping[HostName, str] = field(default_factory=dict)

    def told(self, problem: Problem) -> Problem:
        """The Problem that led here, with the state that things are in now."""
        if self.kept:
            return needs_person(problem, self.kept)
        return left_undone(problem, self.lost) if self.lost else problem


async def undo(fleet: Fleet, lease: Lease, deployment: DeploymentId, places: tuple[Place, ...], why: str) -> Undone:
    """First the traffic of all hosts at once, for a silent one must not delay the others; then the new release is
    drained and stopped on all."""
    moved = {place.host: place for place in places}

    async def send_back(host: HostName) -> str:
        return await _send_back(fleet.targets[host], lease, deployment, moved[host])

    sent = await on_each(tuple(moved), send_back)
    fit = sent.done

    async def abort(host: HostName) -> str:
        """Why the host kept the new release: the last word is its own."""
        target = fleet.targets[host]
        seen = await target.observe()
        if seen.open is None or seen.open.id != deployment:
            return next((one.why for one in seen.finished if one.id == deployment and one.outcome == "committed"), "")
        return await target.abort(lease.grant(), deployment, why, keep=bool(fit[host]))

    found = await on_each(tuple(fit), abort)
    lost = {host: str(error) for host, error in (*sent.failed.items(), *found.failed.items())}
    kept = {host: f"{host}: {fit[host] or reason}" for host, reason in found.done.items() if reason}
    return Undone(reverted=tuple(host for host in found.done if host not in kept), kept=kept, lost=lost)


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
        await target.route(lease.grant(), Weights.all_to(place.previous))
    elif await trouble_of(target, seen, place.slot):
        return ""
    return trouble


async def trouble_of(target: Target, seen: Observed, slot: Slot) -> str:
    """Why a slot isn't fit to serve; empty when it is. The target asks: each release has a health check of its own."""
    found = seen.slot(slot)
    if found.release is None:
        return f"nothing runs in {slot}"
    if found.state not in UP:
        return f"{found.version} in {slot} is {found.state}"
    flaw = await target.flaw(slot)
    return f"{found.version} in {slot}: {flaw}" if flaw else ""
