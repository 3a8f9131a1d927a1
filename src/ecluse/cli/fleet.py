"""`ecluse fleet`"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, session
from ecluse.loop.operate.fleet_run import Everywhere, fleet_run
from ecluse.loop.operate.hosts import prepare
from ecluse.model.app import App, Environment
from ecluse.model.counted import counted
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem

VERBS = ("run", "facts")


@click.command(
    epilog="Examples:  ecluse fleet run -- uptime    ecluse fleet run --host web1 -- 'df -h / | tail -1'    "
    "ecluse fleet facts --env production",
)
@click.option(
    "--env", "environment_option", metavar="ENV", shell_complete=options.complete_environment,
    help="The environment (default: the one whose hosts are reached over SSH).",
)  # fmt: skip
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="On this one only; may be given again.")
@click.option(
    "--within", default="1m", metavar="DURATION", callback=options.duration_option, show_default=True,
    help="Time for each host, connecting included.",
)  # fmt: skip
@options.as_json
@options.folder
@click.argument("verb", metavar="run|facts", type=click.Choice(VERBS))
@click.argument("argv", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
def command(
    environment_option: str | None,
    hosts: tuple[str, ...],
    within: timedelta,
    verb: str,
    argv: tuple[str, ...],
    *,
    as_json: bool,
    folder: Path,
) -> None:
    """All servers of an environment at once: run a command on each, or say what they are.

    `run` runs it as the user of the deploys; one word is text for the shell there. Exit 1 when it failed on some, 5
    when some could not be asked or did not end in time.
    """  # fmt: skip
    if (verb == "run") != bool(argv):
        raise click.UsageError("give a command: `ecluse fleet run -- uptime`" if verb == "run" else "facts takes none")

    async def work(at: session.Session) -> Exit:
        environment = at.environment(environment_option or the_fleet(at.app))
        if verb == "facts":
            return await facts(at, environment)
        said: dict[str, list[str]] = {}

        def say(host: str, text: str) -> None:
            said.setdefault(host, []).append(text)
            if not as_json:
                click.echo(f"{click.style(host, fg='cyan')} | {text}")

        found = await fleet_run(environment, at.world, argv, within=within, hosts=hosts, say=say)
        at.answer(as_document(found, said, environment.name))
        if not as_json:
            show(found)
        return found.exit

    session.run(folder, work, as_json=as_json)


def the_fleet(app: App) -> str:
    """The one environment that has hosts over SSH; with none, or several, `local`, which has none and says so."""
    remote = [environment.name for environment in app.environments if environment.is_remote]
    return remote[0] if len(remote) == 1 else "local"


async def facts(at: session.Session, environment: Environment) -> Exit:
    found = await prepare(environment, at.world, apply=False)
    lost = [{"name": host, "problem": session.as_document(problem)} for host, problem in found.lost.items()]
    hosts = [{"name": host, **asdict(one.facts)} for host, one in found.done.items()]
    at.answer({"environment": environment.name, "hosts": hosts, "lost": lost})
    if not at.as_json:
        for host, one in found.done.items():
            about = one.facts
            sizes = (
                f"{about.processors} processors, {gib(about.memory_bytes)} memory, {gib(about.free_bytes)} disk free"
            )
            click.echo(f"{click.style(host, fg='cyan')}  {about.user}, {about.system} {about.kernel} {about.machine}")
            click.echo(f"    {sizes} free, Python {', '.join(about.pythons)}")
        tell_lost(found.lost)
    return found.exit


def gib(count: int) -> str:
    return f"{count / 1024**3:.1f} GiB"


def as_document(found: Everywhere, said: dict[str, list[str]], environment: str) -> dict[str, Any]:
    ran = [
        {"name": host, "exit_code": one.exit_code, "seconds": one.seconds, "output": said.get(host, [])}
        for host, one in found.ran.items()
    ]
    lost = [{"name": host, "problem": session.as_document(problem)} for host, problem in found.lost.items()]
    return {"environment": environment, "hosts": ran, "lost": lost}


def show(found: Everywhere) -> None:
    """Who failed, and how; each Problem once, with the hosts that have it."""
    well = len(found.ran) - len(found.failed)
    click.echo(f"{counted(well, 'host')} of {len(found.ran) + len(found.lost)} did it")
    for host, one in found.failed.items():
        click.echo(f"{click.style('✗', fg='red')} {host}  exit {one.exit_code} after {one.seconds:.1f} s")
    tell_lost(found.lost)


def tell_lost(lost: Mapping[HostName, Problem]) -> None:
    for host, problem in lost.items():
        click.echo(f"{click.style('✗', fg='red')} {host}  {problem.what} [{problem.code}]")
    for fix in dict.fromkeys(problem.fix for problem in lost.values()):
        click.echo(f"    fix: {fix}")
