"""Which hosts of an environment are meant."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.model.app import App, Environment
from ecluse.model.host import host_name
from ecluse.model.ids import HostName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import suggest
from ecluse.ports.hosts import Host


def chosen(app: App, environment: Environment, on: tuple[str, ...]) -> tuple[HostName, ...]:
    """The hosts of the environment that `on` names, by themselves or by a group, in the manifest's order; for none,
    all. ProblemError H012 for what is neither, or a group that has none of them."""
    if not on:
        return environment.host_names
    wanted: set[HostName] = set()
    for name in on:
        group = {host_name(host) for host in app.groups.get(name.removeprefix("@"), ())} & {*environment.host_names}
        if not group and name not in environment.host_names:
            raise ProblemError(no_such_host(name, environment.host_names, tuple(app.groups)))
        wanted |= group or {HostName(name)}
    return tuple(host for host in environment.host_names if host in wanted)


def of_chosen(
    app: App, environment: Environment, hosts: Mapping[HostName, Host], on: tuple[str, ...]
) -> Mapping[HostName, Host]:
    """Those of `hosts` that are chosen. ProblemError H010 where there are none, and H012."""
    if not hosts:
        raise ProblemError(no_hosts(environment))
    return {host: hosts[host] for host in chosen(app, environment, on)}


def require_host(name: str, known: tuple[HostName, ...]) -> HostName:
    """ProblemError H012 for one that isn't there."""
    if name not in known:
        raise ProblemError(no_such_host(name, known))
    return HostName(name)


def no_such_host(name: str, known: tuple[HostName, ...], groups: tuple[str, ...] = ()) -> Problem:
    near = suggest(name, (*known, *groups))
    return Problem(
        code="H012", what=f"there is no host '{name}' in this environment" + (", and no group" if groups else ""),
        fix=f"{near + ' ' if near else ''}choose of: {', '.join((*known, *groups))}",
    )  # fmt: skip


def no_hosts(environment: Environment) -> Problem:
    return Problem(
        code="H010", what=f"'{environment.name}' has no hosts that are reached over SSH",
        fix=f'name them: hosts = ["deploy@web1"] in [environments.{environment.name}]',
    )  # fmt: skip
