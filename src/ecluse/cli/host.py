"""`ecluse host`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.operate.chosen import of_chosen
from ecluse.loop.operate.hosts import Fleetwide, findings, prepare, problems
from ecluse.model.app import App, Environment
from ecluse.model.counted import counted
from ecluse.model.problem import Exit

VERBS = ("check", "prepare")


@click.command(
    epilog="Examples:  ecluse host check production    ecluse host prepare production --dry-run    "
    "ecluse host prepare production"
)
@click.argument("verb", metavar="[check|prepare]", type=click.Choice(VERBS), default="check")
@options.environment
@options.on
@options.dry_run
@options.as_json
@options.folder
def command(
    verb: str,
    environment_argument: str | None,
    environment_option: str | None,
    on: tuple[str, ...],
    *,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """The servers of an environment: look whether they are ready, or make them so.

    `prepare` puts the keeper's program into the user's home there and lets it start after a reboot; it needs python3
    (3.9 or newer) and no other right than that user's. `check` changes nothing.
    """  # fmt: skip
    name = options.chosen(environment_argument, environment_option)

    async def work(at: session.Asked, hosts_of: session.Hosts) -> Exit:
        environment = at.environment(name)
        applied = verb == "prepare" and not dry_run
        hosts = of_chosen(at.app, environment, hosts_of(environment), on)
        found = await prepare(hosts if applied else assembly.rehearsed(hosts).hosts)
        lacking = {host: tuple(findings(at.app, environment, one)) for host, one in found.done.items()}
        at.answer(as_document(found, lacking, environment, applied=applied))
        if not as_json:
            show(verb, found, at.app, environment, applied=applied)
        return found.exit

    session.on_hosts(folder, work, as_json=as_json)


def as_document(
    found: Fleetwide, lacking: dict[Any, tuple[str, ...]], environment: Environment, *, applied: bool
) -> dict[str, Any]:
    hosts = [
        {
            "name": host,
            "changes": one.changes,
            "applied": applied,
            "lacking": lacking[host],
            "problems": [session.as_document(problem) for problem in problems(host, one)],
            "facts": asdict(one.facts),
        }
        for host, one in found.done.items()
    ]
    lost = [{"name": host, "problem": session.as_document(problem)} for host, problem in found.lost.items()]
    return {"environment": environment.name, "hosts": hosts, "lost": lost}


def show(verb: str, found: Fleetwide, app: App, environment: Environment, *, applied: bool) -> None:
    for host, one in found.done.items():
        facts = one.facts
        about = f"{facts.user}, Python {facts.python}, {facts.machine}, {facts.free_bytes / 1024**3:.1f} GiB free"
        done = f"{counted(len(one.changes), 'change')}{'' if applied else ' to make'}"
        click.echo(f"{click.style('✓', fg='green')} {host}  {done if verb == 'prepare' else about}")
        for change in one.changes if verb == "prepare" else ():
            click.echo(f"    {change}")
        notes = one.notes if verb == "prepare" else findings(app, environment, one)
        for note in notes:
            click.echo(f"    {click.style('!', fg='yellow')} {note}")
        for problem in problems(host, one):
            click.echo(f"    {click.style('!', fg='yellow')} {problem}")
            click.echo(f"      fix: {problem.fix}")
    for host, problem in found.lost.items():
        click.echo(f"{click.style('✗', fg='red')} {host}  {problem.what} [{problem.code}]")
        for fact in problem.evidence:
            click.echo(f"    {fact}")
        click.echo(f"    fix: {problem.fix}")
