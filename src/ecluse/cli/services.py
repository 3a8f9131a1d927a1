"""`ecluse services`"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.operate import services
from ecluse.loop.operate.services import ServiceStatus
from ecluse.model.app import Environment
from ecluse.model.counted import counted
from ecluse.model.problem import Exit
from ecluse.ports.target import Shell

VERBS = ("list", "start", "stop", "shell", "reset")
WOULD = {"start": "start", "stop": "stop", "reset": "remove all data of"}


@click.command(
    epilog="Examples:  ecluse services    ecluse services start db    ecluse services shell db    "
    "ecluse services reset db --yes"
)
@click.argument("verb", metavar="[list|start|stop|shell|reset]", type=click.Choice(VERBS), default="list")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=options.complete_service)
@click.option(
    "--env", "environment_option", metavar="ENV", help="The environment (default: local).",
    shell_complete=options.complete_environment,
)  # fmt: skip
@click.option("--yes", "-y", is_flag=True, help="Ask nothing before `reset` removes data.")
@options.wait
@options.dry_run
@options.as_json
@options.folder
def command(
    verb: str,
    names: tuple[str, ...],
    environment_option: str | None,
    wait: timedelta | None,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """What [services] declares, run beside the app on this machine: list, start, stop, a client, a new beginning.

    `ship` starts them, `ecluse stop` stops them; their data stays until `reset`. Without a name all are meant.
    """
    found: list[Shell] = []

    async def work(at: session.Session) -> Exit:
        environment = at.environment(options.chosen(None, environment_option))
        if verb == "list":
            show(await services.listed(at.app, environment, at.world, names), at, environment)
        elif verb == "shell":
            found.append(await services.shell(at.app, environment, names, at.world))
        else:
            chosen = [service.name for service in services.named(at.app, environment, names)]
            if dry_run:
                at.answer({"outcome": "planned", "environment": environment.name, "services": list(chosen)})
                click.echo(f"would {WOULD[verb]} {', '.join(chosen)}", err=as_json)
                return Exit.DONE
            if verb == "reset" and not yes:
                confirm(chosen)
            acts = {"start": services.start, "stop": services.stop, "reset": services.reset}
            done = await acts[verb](at.app, environment, names, at.world, wait)
            tell(verb, done, at, environment)
        return Exit.DONE

    try:
        session.run(folder, work, as_json=as_json)
    finally:
        if found:
            become(found[0], as_json=as_json)


def confirm(names: Iterable[str]) -> None:
    click.confirm(f"Remove all data of {', '.join(names)}?", abort=True, err=True)


def become(shell: Shell, *, as_json: bool) -> None:
    """The client has the terminal from here on; for a script it is only named."""
    if as_json:
        session.print_json({"argv": list(shell.argv), "variables": sorted(shell.env)})
    else:
        assembly.become(shell.argv, shell.env)


def tell(verb: str, done: tuple[str, ...], at: session.Session, environment: Environment) -> None:
    word = {"start": "started", "stop": "stopped", "reset": "emptied"}[verb]
    at.answer({"outcome": word, "environment": environment.name, "services": list(done)})
    click.echo(f"{word} {', '.join(done)}" if done else "nothing ran", err=at.as_json)
    if verb == "reset" and done and at.app.migrate:
        click.echo(f"its tables come back with:  ecluse exec -- {' '.join(at.app.migrate)}", err=True)


def show(found: tuple[ServiceStatus, ...], at: session.Session, environment: Environment) -> None:
    at.answer({"environment": environment.name, "services": [document(one) for one in found]})
    if at.as_json:
        return
    if not found:
        click.echo(f"the manifest declares no services for {environment.name}", err=True)
    for one in found:
        click.echo(line(one))


def line(one: ServiceStatus) -> str:
    seen, service = one.seen, one.service
    what = f"{service.kind} {version_of(one)}".strip()
    where = f"  {seen.host}:{seen.port}  pid {seen.pid}" if seen and seen.pid else ""
    again = f"  {counted(seen.restarts, 'restart')}, last: {seen.last_exit}" if seen and seen.restarts else ""
    variables = f"  {', '.join(service.env)}" if service.env else ""
    return f"{click.style(service.name, bold=True)}  {what}  {one.state}{where}{again}{variables}"


def version_of(one: ServiceStatus) -> str:
    if one.seen and one.seen.version:
        return one.seen.version
    return one.programs.version if one.programs else one.service.version


def document(one: ServiceStatus) -> dict[str, Any]:
    seen = one.seen
    return {
        "name": one.service.name,
        "kind": one.service.kind.value,
        "version": version_of(one),
        "state": one.state,
        "host": seen.host if seen else "",
        "port": seen.port if seen else 0,
        "pid": seen.pid if seen else None,
        "restarts": seen.restarts if seen else 0,
        "last_exit": seen.last_exit if seen else "",
        "programs": str(one.programs.folder) if one.programs else None,
        "variables": dict(one.service.env),
    }
