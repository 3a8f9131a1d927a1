"""The balancer, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ecluse.cli import session
from ecluse.cli.render.problems import render
from ecluse.loop.deploy.balancing import BalancerSeen
from ecluse.model.app import Environment
from ecluse.model.balanced import ServerSeen, ServerState
from ecluse.model.counted import counted
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit

COLOURS = {ServerState.READY: "green", ServerState.DRAINED: "yellow", ServerState.DOWN: "red"}


def text(written: str, at: session.Session, environment: Environment) -> Exit:
    at.answer({"environment": environment.name, "text": written})
    if not at.as_json:
        click.echo(written, nl=not written.endswith("\n"))
    return Exit.DONE


def seen(found: BalancerSeen, at: session.Session, environment: Environment) -> Exit:
    at.answer(document(found, environment))
    if not at.as_json:
        _show(found)
    return found.exit


def told(
    verb: str, host: str, found: BalancerSeen, at: session.Session, environment: Environment, *, applied: bool
) -> Exit:
    at.answer({**document(found, environment), "host": host, "applied": applied})
    if not at.as_json:
        click.echo(f"{host} {'is' if applied else 'would be'} {verb}ed")
        _show(found)
        if verb == "drain" and applied:
            click.echo(f"next: your work on it, then ecluse balancer undrain {host} {environment.name}")
    return found.exit


def document(found: BalancerSeen, environment: Environment) -> dict[str, Any]:
    machines = [{"name": name, "servers": servers_document(servers)} for name, servers in found.machines.items()]
    lost = [{"name": name, "problem": session.as_document(problem)} for name, problem in found.lost.items()]
    kind = environment.balancer.kind.value if environment.balancer else ""
    return {"environment": environment.name, "kind": kind, "balancers": machines, "lost": lost}


def servers_document(servers: Mapping[HostName, ServerSeen]) -> list[dict[str, Any]]:
    return [
        {"host": host, "state": one.state.value, "under_way": one.under_way, "why": one.why}
        for host, one in servers.items()
    ]


def _show(found: BalancerSeen) -> None:
    for machine, servers in found.machines.items():
        click.echo(click.style(f"balancer on {machine}", bold=True))
        for host, one in servers.items():
            state = click.style(one.state.value, fg=COLOURS[one.state])
            busy = f"  {counted(one.under_way, 'request')} under way" if one.under_way else ""
            click.echo(f"  {host:<12} {state}{busy}{f'  ({one.why})' if one.why else ''}")
    for problem in found.lost.values():
        render(problem)
