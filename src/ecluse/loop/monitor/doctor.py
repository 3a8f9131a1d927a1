"""What is in the way, said before it hurts. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from ecluse.loop.deploy.fleet import Seen
from ecluse.model.app import App
from ecluse.model.ids import EnvironmentName
from ecluse.model.maskable import SHORTEST
from ecluse.model.problem import Problem
from ecluse.model.values import frozen
from ecluse.ports.machine import Machine, Offer

LITTLE_SPACE = 1024**3
NOTHING_SEEN: Mapping[EnvironmentName, Seen | Problem] = MappingProxyType({})
NO_TROUBLE: Mapping[EnvironmentName, Problem] = MappingProxyType({})


class Grade(StrEnum):
    FINE = "fine"
    ABSENT = "absent"
    """Not there, and in nobody's way."""
    WARN = "warn"
    BAD = "bad"


@frozen
class Finding:
    """`fix` is what to type or change, empty when all is well."""

    name: str
    grade: Grade
    detail: str
    fix: str = ""


def diagnose(
    machine: Machine,
    app: App | None,
    seen: Mapping[EnvironmentName, Seen | Problem] = NOTHING_SEEN,
    ports: Mapping[EnvironmentName, Problem] = NO_TROUBLE,
    unmasked: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """`seen` is what each environment's target says of itself, or why it says nothing; `ports` why its port can't be
    had; `unmasked` are the secrets that are too short to be masked."""
    return (
        _git(machine),
        _routing(machine),
        _adoption(machine),
        *_lingering(machine),
        _space(machine),
        _steps(machine),
        _interpreters(machine),
        *(_service(offer, app) for offer in machine.services),
        *(_ports(machine, app, ports) if app else ()),
        *_unmasked(unmasked),
        *(_environment(name, said) for name, said in seen.items()),
    )


def _git(machine: Machine) -> Finding:
    if machine.git:
        return Finding(name="git", grade=Grade.FINE, detail=machine.git)
    return Finding(name="git", grade=Grade.BAD, detail="not found", fix="install git")


def _routing(machine: Machine) -> Finding:
    if machine.kernel_routing:
        return Finding(name="routing", grade=Grade.FINE, detail=f"by the kernel ({machine.system} {machine.kernel})")
    return Finding(
        name="routing", grade=Grade.WARN, detail="this kernel takes no program for a group of sockets",
        fix="Linux 4.5 or newer; until then a relay carries the traffic",
    )  # fmt: skip


def _adoption(machine: Machine) -> Finding:
    if not machine.ptrace_scope or machine.root:
        detail = "a new keeper takes the sockets back from the workers or from the holder"
        return Finding(name="adoption", grade=Grade.FINE, detail=detail)
    detail = f"Yama's ptrace_scope is {machine.ptrace_scope}: sockets come back from the holder process only"
    return Finding(name="adoption", grade=Grade.FINE, detail=detail)


def _lingering(machine: Machine) -> Iterator[Finding]:
    if machine.kills_user_processes:
        yield Finding(
            name="logout", grade=Grade.BAD, detail="logind ends all you run at logout (KillUserProcesses)",
            fix=f"loginctl enable-linger {machine.user}",
        )  # fmt: skip
    elif machine.lingers is False and not machine.root:
        yield Finding(
            name="logout", grade=Grade.WARN, detail="lingering is off: user services end with your last session",
            fix=f"loginctl enable-linger {machine.user}",
        )  # fmt: skip


def _space(machine: Machine) -> Finding:
    detail = f"{machine.free_bytes / 1024**3:.1f} GiB free"
    if machine.free_bytes >= LITTLE_SPACE:
        return Finding(name="disk", grade=Grade.FINE, detail=detail)
    return Finding(name="disk", grade=Grade.WARN, detail=detail, fix="make room: a release needs hundreds of megabytes")


def _steps(machine: Machine) -> Finding:
    detail = f"their descendants are owned by {machine.step_layer}"
    if machine.step_layer != "namespace":
        detail += "; this system has no process namespaces: if all of a run is killed at once, the next command ends it"
    if machine.step_layer == "sessions":
        detail += ", but for daemons"
    if machine.veils:
        return Finding(name="steps", grade=Grade.FINE, detail=detail)
    return Finding(
        name="steps", grade=Grade.WARN,
        detail=f"{detail}; what they run sees, and may write, all that you may: nothing can be mounted here",
        fix="let user namespaces be made (Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0), or have the "
        "container that you are in started with the right to mount",
    )  # fmt: skip


def _interpreters(machine: Machine) -> Finding:
    if machine.interpreters:
        return Finding(name="python", grade=Grade.FINE, detail=", ".join(machine.interpreters))
    return Finding(name="python", grade=Grade.BAD, detail="no interpreter found", fix="install Python 3.9 or newer")


def _service(offer: Offer, app: App | None) -> Finding:
    """A service that is missing is in nobody's way until the app declares it."""
    if offer.folder:
        return Finding(name=offer.kind, grade=Grade.FINE, detail=f"{offer.version} in {offer.folder}".strip())
    if offer.can_fetch:
        return Finding(
            name=offer.kind, grade=Grade.ABSENT, detail="not installed; fetched from a wheel when it is needed"
        )
    wanted = [one.name for one in (app.services if app else ()) if one.kind == offer.kind]
    if wanted:
        return Finding(name=offer.kind, grade=Grade.BAD, detail=f"missing: [services.{wanted[0]}]", fix=offer.add)
    return Finding(name=offer.kind, grade=Grade.ABSENT, detail=f"not installed ({offer.add})")


def _unmasked(names: Iterable[str]) -> Iterator[Finding]:
    if told := ", ".join(names):
        yield Finding(
            name="secrets", grade=Grade.WARN, detail=f"under {SHORTEST} characters, so shown where printed: {told}",
            fix="choose longer values; what is no secret needn't be declared as one",
        )  # fmt: skip


def _environment(name: EnvironmentName, said: Seen | Problem) -> Finding:
    if isinstance(said, Problem):
        return Finding(name=name, grade=Grade.BAD, detail=said.what, fix=said.fix)
    warnings = [warning for seen in said.hosts.values() for warning in seen.warnings]
    lost = [f"{host} can't be reached: {problem.what}" for host, problem in said.lost.items()]
    if warnings or lost:
        return Finding(name=name, grade=Grade.WARN, detail="; ".join((*lost, *warnings)), fix=f"ecluse status {name}")
    versions = {seen.slot(seen.serving).version or "" for seen in said.hosts.values() if seen.serving}
    return Finding(
        name=name, grade=Grade.FINE, detail=f"{', '.join(versions)} serves" if versions else "nothing serves"
    )


def _ports(machine: Machine, app: App, ports: Mapping[EnvironmentName, Problem]) -> Iterator[Finding]:
    for environment in app.environments:
        if environment.port < machine.first_free_port and not machine.root:
            yield Finding(
                name=f"port of {environment.name}", grade=Grade.BAD,
                detail=f"port {environment.port} needs a privilege here (below {machine.first_free_port})",
                fix=f"choose a port from {machine.first_free_port}, or set net.ipv4.ip_unprivileged_port_start",
            )  # fmt: skip
        elif problem := ports.get(environment.name):
            name = f"port of {environment.name}"
            yield Finding(name=name, grade=Grade.BAD, detail=problem.what, fix=problem.fix)
