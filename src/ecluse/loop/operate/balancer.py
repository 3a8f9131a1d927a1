"""The balancer in front of the hosts, by hand: what it knows of them, and hosts taken out of it and put back."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.loop.deploy.balancing import BalancerSeen, emptied, look_at, looked, require_others, tell
from ecluse.loop.operate.chosen import require_host
from ecluse.model.app import App, Environment
from ecluse.model.events.environments import HostDrained, HostUndrained
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.balancer import Balancer
from ecluse.ports.world import World

Balancers = Mapping[HostName, Balancer]


def balancers_of(app: App, environment: Environment, world: World) -> Balancers:
    """ProblemError H025 where the environment names none."""
    found = world.balancers(app, environment)
    if not found:
        raise ProblemError(no_balancer(environment))
    return found


async def drain(app: App, environment: Environment, world: World, name: str, *, apply: bool = True) -> BalancerSeen:
    """No new requests for the host; returns when it has answered those that it had. ProblemError D084 when it takes
    longer than the environment allows (it stays drained), D082 when nobody else would get any, D086 while a deployment
    has it drained, which would put it back. A host may be down. Without `apply` all is asked and nothing changed."""
    balancers, host = balancers_of(app, environment, world), require_host(name, environment.host_names)
    require_others([host], await looked(balancers))
    await _require_nobody_s(app, environment, world, host)
    if apply:
        await tell(balancers, [host], drained=True)
        world.ledger.append(HostDrained(host=host, balancers=tuple(balancers), environment=environment.name))
        assert environment.balancer is not None  # noqa: S101  else there were no balancers
        within = environment.balancer.drain_within
        if left := await emptied(balancers, [host], within, world.clock):
            raise ProblemError(still_busy(host, left, within.total_seconds()))
    return await look_at(balancers)


async def _require_nobody_s(app: App, environment: Environment, world: World, host: HostName) -> None:
    try:
        seen = await world.targets(app, environment)[host].observe()
    except ProblemError:  # nobody works on it, then
        return
    if seen.drained_by:
        raise ProblemError(drained_already(host, seen.drained_by, environment))


async def undrain(app: App, environment: Environment, world: World, name: str, *, apply: bool = True) -> BalancerSeen:
    """Requests for the host again. Safe to repeat."""
    balancers, host = balancers_of(app, environment, world), require_host(name, environment.host_names)
    if apply:
        await tell(balancers, [host], drained=False)
        world.ledger.append(HostUndrained(host=host, balancers=tuple(balancers), environment=environment.name))
    return await look_at(balancers)


def no_balancer(environment: Environment) -> Problem:
    return Problem(
        code="H025", what=f"'{environment.name}' has no balancer that we are to know",
        fix=f'name it: kind = "haproxy" (or "nginx") in [environments.{environment.name}.balancer]; those of DNS or a '
        "cloud are yours",
    )  # fmt: skip


def drained_already(host: HostName, by: str, environment: Environment) -> Problem:
    return Problem(
        code="D086", what=f"the deployment {by} has {host} drained, and puts it back when it has done its work there",
        state="nothing was changed",
        fix=f"wait for it (`ecluse status {environment.name}`), or end it if its deployer is gone: `ecluse converge "
        f"{environment.name}`; then drain {host}",
        exit=Exit.BUSY,
    )  # fmt: skip


def still_busy(host: HostName, left: int, seconds: float) -> Problem:
    return Problem(
        code="D084", what=f"{host} gets no new requests, and {left} that it had are under way after {seconds:g} s",
        state="it stays drained; what is under way goes on",
        fix="run this again to wait on, or go on with your work: what is under way then is lost",
        exit=Exit.NEEDS_PERSON,
    )  # fmt: skip
