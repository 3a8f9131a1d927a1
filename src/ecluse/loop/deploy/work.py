"""What the legs of a deployment work with, and how they work on several hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from typing import TypeVar

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.health import Expected
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.problems import at_host
from ecluse.loop.each import on_each
from ecluse.model.app import App
from ecluse.model.deployment import Deployment, Leg, Place
from ecluse.model.ids import HostName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.slot import Slot
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.target import Running, Sent, Target
from ecluse.ports.world import World

T = TypeVar("T")


@frozen
class Work:
    """One deployment with all that its legs need. `running` differs by host in its port alone. `verb`: what the person
    asked for."""

    deployment: Deployment
    app: App
    running: Mapping[HostName, Running]
    lease: Lease
    fleet: Fleet
    world: World
    verb: str

    @property
    def one(self) -> Running:
        """For what is the same on all hosts."""
        return next(iter(self.running.values()))

    def without(self, host: HostName) -> Work:
        """One host is left out from here on."""
        return replace(
            self,
            deployment=self.deployment.without(host),
            fleet=self.fleet.without((host,)),
            running={name: running for name, running in self.running.items() if name != host},
        )

    def target(self, place: Place) -> Target:
        return self.fleet.targets[place.host]


@frozen
class Done:
    """`detail` and `sent` are for the timeline. A `verdict` that stops ends the deployment; `hold`: a person decides;
    `behind`: hosts that missed it, and why."""

    detail: str = ""
    verdict: Verdict | None = None
    hold: bool = False
    sent: Sent | None = None
    behind: Mapping[HostName, str] = field(default_factory=dict)


class HostProblemError(ProblemError):
    """What one of several hosts refused, or why it can't be reached; its Problems name it."""

    def __init__(self, host: HostName, error: ProblemError) -> None:
        super().__init__(*(at_host(host, problem) for problem in error.problems))
        self.host = host


class MoveFailedError(Exception):
    """A leg said no; carries what it saw."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class MayBeDecidedError(Exception):
    """Hosts that did not answer may have made the decision: only they can tell. Nothing may be undone."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


async def everywhere(work: Work, leg: Leg, act: Callable[[Place], Awaitable[T]]) -> Mapping[HostName, T]:
    """The act on each of the leg's hosts at once. All must do it: the first Problem, by host, is raised."""
    places = {place.host: place for place in work.deployment.at(leg)}
    found = await on_each(places, lambda host: act(places[host]))
    for host, error in found.failed.items():
        raise told(work, host, error)
    return found.done


async def at_one(work: Work, host: HostName, call: Awaitable[T]) -> T:
    """What a call on one of the hosts gives; its Problem names the host, so that we may go on without it."""
    try:
        return await call
    except ProblemError as error:
        raise told(work, host, error) from error


async def expected_at(work: Work, place: Place, slot: Slot) -> Expected | None:
    """What a healthy answer of the new release looks like; None when nothing can be asked."""
    web = work.running[place.host].web
    if web is None or web.health is None:
        return None
    seen = (await work.target(place).observe()).slot(slot)
    return Expected(health=web.health, release=work.one.release, stamped="stamps" in seen.guarantees)


def saying(work: Work, leg: Leg, host: HostName) -> Callable[[str], None]:
    """Tells how a leg stands on one host, named where there are several."""
    where = "" if work.fleet.is_single else f"{host}: "
    return lambda text: work.world.reporter.waits(leg.move, where + text)


def together(work: Work, verdicts: Mapping[HostName, Verdict]) -> Verdict:
    """One verdict for all hosts: the first that stops, with its host's name, else the slowest that passed."""
    for host, verdict in verdicts.items():
        if verdict.stops:
            evidence = verdict.evidence if work.fleet.is_single else (f"on {host}:", *verdict.evidence)
            return replace(verdict, evidence=evidence)
    slowest = max(verdicts.values(), key=lambda verdict: verdict.seconds)
    where = "" if len(verdicts) == 1 else f", on each of {len(verdicts)} hosts"
    return replace(slowest, answer=Answer.PASSED, evidence=tuple(fact + where for fact in slowest.evidence[:1]))


def told(work: Work, host: HostName, error: ProblemError) -> ProblemError:
    """Which host it was, where there are several."""
    return error if work.fleet.is_single else HostProblemError(host, error)
