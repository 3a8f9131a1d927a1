"""What the renderers share: names, commands, and which jobs there are. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from itertools import count
from math import ceil

from ecluse import __version__
from ecluse.loop.test.handover import SARIF
from ecluse.model.app import App, Environment, Step
from ecluse.model.ids import StepName, path_name
from ecluse.model.instance import PLACE
from ecluse.model.values import frozen

_ODD = re.compile(r"[^A-Za-z0-9_-]+")
HOME = ".ecluse"
ARTIFACTS = f"{HOME}/artifacts"
"""In the home, which git ignores: what is handed over doesn't make the working tree another one."""
TELL = "ecluse tickets sync"
"""What wasn't told within a command's budget: the ledger goes with the job. It never fails one."""
CACHE = f"{HOME}/cache/steps"
RELEASE = "release"
AROUND = 15
"""Minutes that a job may take beside its step: to install, to make the environment, to carry files."""


@frozen
class Job:
    """One step, run alone. `takes` are those of its needs whose outputs it gets."""

    name: str
    step: Step
    needs: tuple[str, ...]
    takes: tuple[StepName, ...]

    @property
    def command(self) -> str:
        return f"ecluse run {shlex.quote(self.step.name)} --only --artifacts {ARTIFACTS}"

    @property
    def minutes(self) -> int:
        attempts = (1 + self.step.retries) * self.step.timeout.total_seconds()
        return AROUND + ceil(attempts / 60)

    @property
    def folder(self) -> str:
        return f"{ARTIFACTS}/{path_name(self.step.name)}"

    @property
    def artifact(self) -> str:
        """What a forge calls what it leaves, and what is kept of it."""
        return path_name(self.step.name)

    @property
    def findings(self) -> tuple[str, ...]:
        """SARIF that it leaves, where it is handed over."""
        return tuple(
            f"{self.folder}/reports/{output.rpartition('/')[2]}"
            for output in self.step.outputs
            if output.endswith(SARIF)
        )


@frozen
class Ship:
    """A deployment to an environment, after the steps that are its gates and the environment before it."""

    name: str
    environment: Environment
    needs: tuple[str, ...]
    gates: tuple[Job, ...]
    on_hosts: tuple[Step, ...] = ()
    """Gates that have no job of their own."""
    tickets: str = ""
    """The variable with the token for tickets; empty where none are told."""
    ssh_key: str = ""
    """The secret with the key for its hosts; empty where none is needed."""
    released: tuple[str, ...] = ()
    """Variables by which it gets what was released, or signs what it tags itself."""

    @property
    def command(self) -> str:
        return with_key(f"ecluse ship {self.environment.name} --wait", self.ssh_key)

    @property
    def url(self) -> str:
        return self.environment.opened_at if self.environment.url else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The environment's own, those of its gates, whose results nobody shares, those for what is released, and what
        tells tickets."""
        gates = (*(job.step for job in self.gates), *self.on_hosts)
        granted = (name for step in gates for name in step.secrets)
        named = (*self.environment.secrets, *granted, *self.released, self.tickets, self.ssh_key)
        return tuple(sorted({*filter(None, named)}))


@frozen
class Review:
    """An environment for each request to merge: `ship` makes it, of the pattern, and `stop` takes it away."""

    ship: Ship

    @property
    def pattern(self) -> Environment:
        return self.ship.environment

    def name(self, number: str) -> str:
        return f"{self.pattern.name}-{number}"

    def url(self, number: str) -> str:
        """Empty where only its host knows it: which port it has is worked out there."""
        return "" if "{port}" in self.pattern.url else self.pattern.url.replace(PLACE, number)

    def command(self, number: str) -> str:
        return with_key(f'ecluse ship "{self.name(number)}" --wait', self.ship.ssh_key)

    def stop(self, number: str) -> str:
        return with_key(f'ecluse stop "{self.name(number)}" --remove --wait', self.ship.ssh_key)


@frozen
class Release:
    """The job that publishes, after the steps that are gates. `secrets` are the variables that `[release]` names and
    `tickets`, that of the token for tickets."""

    needs: tuple[str, ...]
    secrets: tuple[str, ...]
    tickets: str = ""
    name: str = RELEASE
    command: str = "ecluse release"


@frozen
class Jobs:
    """The whole workflow, before it is any forge's."""

    install: str
    steps: tuple[Job, ...]
    release: Release | None = None
    ships: tuple[Ship, ...] = field(default=())
    review: Review | None = None


def with_key(command: str, variable: str) -> str:
    """`command` with an SSH agent that holds the key in `variable` (or in the file that it names, as GitLab's variables
    may) and ends with it: the key lies in no file of ours, and nothing of it stays on the machine."""
    if not variable:
        return command
    given = f'if [ -f "${variable}" ]; then cat "${variable}"; else printf "%s\\n" "${variable}"; fi'
    script = f"{given} | tr -d '\\r' | ssh-add -q -; unset {variable}; exec {command}"
    return f"ssh-agent sh -euc {shlex.quote(script)}"


def jobs_of(app: App, reserved: AbstractSet[str] = frozenset()) -> Jobs:
    """`reserved` are names that no job can have at a forge."""
    reserved = {*reserved, RELEASE} if app.ci.release else reserved
    steps = {step.name: step for step in app.steps}
    names = job_names(app.steps, reserved)
    made = tuple(_job(step, steps, names) for step in app.steps if not _reaches_hosts(step, steps))
    release = _release(app, made) if app.ci.release else None
    return Jobs(
        install=install(app),
        steps=made,
        release=release,
        ships=tuple(_ships(app, made, (release.name,) if release else ())),
        review=_review(app, made),
    )


def install(app: App) -> str:
    """The shell line that brings Écluse to a job."""
    return shlex.join(app.ci.install or ("python", "-m", "pip", "install", f"{_package(app)}=={__version__}"))


def _package(app: App) -> str:
    places = (*app.environments, *app.patterns)
    wanted = {
        "sign": bool(app.release.sign_with) or any(environment.signed_by for environment in places),
        "ssh": any(environment.is_remote for environment in places),
        "store": "://" in app.release.store or "://" in app.cache.shared,
    }
    extras = ",".join(name for name, is_wanted in wanted.items() if is_wanted)
    return f"ecluse[{extras}]" if extras else "ecluse"


def job_names(steps: Iterable[Step], reserved: AbstractSet[str] = frozenset()) -> dict[StepName, str]:
    """Letters, digits, `-` and `_`, a letter first, as GitHub wants it; each once."""
    found: dict[StepName, str] = {}
    for step in sorted(steps, key=lambda step: bool(step.of)):  # a cell gives way to a step that is called so
        plain = _ODD.sub("-", step.name).strip("-") if step.of else step.name
        name = plain if plain[0].isalpha() and plain not in reserved else f"step-{plain}"
        found[step.name] = next(one for one in _counted(name) if one not in found.values())
    return found


def _counted(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _reaches_hosts(step: Step, steps: Mapping[StepName, Step]) -> bool:
    """What works on hosts, or needs what does, is for a ship to run: a push must change none."""
    return bool(step.hosts) or any(_reaches_hosts(steps[need], steps) for need in step.needs)


def _job(step: Step, steps: Mapping[StepName, Step], names: Mapping[StepName, str]) -> Job:
    return Job(
        name=names[step.name],
        step=step,
        needs=tuple(names[need] for need in step.needs),
        takes=tuple(need for need in step.needs if steps[need].outputs),
    )


def _review(app: App, jobs: tuple[Job, ...]) -> Review | None:
    pattern = next((one for one in app.patterns if one.name == app.ci.review), None)
    return Review(ship=_ship("review", pattern, app, jobs)) if pattern else None


def _release(app: App, jobs: tuple[Job, ...]) -> Release:
    policy, tickets = app.release, app.tickets.token if app.tickets else ""
    named = [*policy.secrets, policy.sign_with, policy.forge.token if policy.forge else "", tickets]
    named += [*(policy.index.secrets if policy.index else ()), *(policy.image.secrets if policy.image else ())]
    return Release(
        needs=tuple(job.name for job in jobs if job.step.gate),
        secrets=tuple(sorted({*filter(None, named)})),
        tickets=tickets,
    )


def _ships(app: App, jobs: tuple[Job, ...], before: tuple[str, ...]) -> Iterator[Ship]:
    for name in app.ci.ship:
        environment = next(one for one in app.environments if one.name == name)
        ship = _ship(f"ship-{name}", environment, app, jobs, before)
        yield ship
        before = (ship.name,)


def _ship(name: str, environment: Environment, app: App, jobs: tuple[Job, ...], before: tuple[str, ...] = ()) -> Ship:
    steps = {step.name: step for step in app.steps}
    wanted, here = environment.gates, {"", environment.name}
    gates = [
        step
        for step in app.steps
        if (step.gate and step.hosts in here if wanted is None else step.name in wanted)
        or (step.builtin and environment.name != "local")
    ]
    run = tuple(job for job in jobs if job.step in gates)
    return Ship(
        name=name,
        environment=environment,
        needs=(*(job.name for job in run), *before),
        gates=run,
        on_hosts=tuple(step for step in gates if _reaches_hosts(step, steps)),
        tickets=app.tickets.token if app.tickets and environment.tag else "",
        ssh_key=app.ci.ssh_key if environment.is_remote else "",
        released=_to_ship_released(app) if environment.tag else (),
    )


def _to_ship_released(app: App) -> tuple[str, ...]:
    """Where a job releases, that one alone has the key."""
    policy = app.release
    return policy.secrets if app.ci.release else tuple(filter(None, (*policy.secrets, policy.sign_with)))
