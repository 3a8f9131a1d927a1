"""`ecluse fleet`"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import fleet as render
from ecluse.model.app import App
from ecluse.model.problem import Exit

VERBS = ("run", "facts", "drift", "prune")


@click.command(
    epilog="Examples:  ecluse fleet run -- uptime    ecluse fleet run --on web -- 'df -h / | tail -1'    "
    "ecluse fleet facts --env production    ecluse fleet drift    ecluse fleet prune --keep 2",
)
@click.option(
    "--env", "environment_option", metavar="ENV", shell_complete=options.complete_environment,
    help="The environment (default: the one whose hosts are reached over SSH).",
)  # fmt: skip
@options.on
@click.option("--dry-run", is_flag=True, help="Show what `run` would run where; connect to nobody.")
@click.option(
    "--within", default="1m", metavar="DURATION", callback=options.duration_option, show_default=True,
    help="Time that `run` gives each host, connecting included.",
)  # fmt: skip
@click.option("--keep", type=click.IntRange(min=0), help="Releases that `prune` leaves (default: `keep_releases`).")
@options.as_json
@options.folder
@click.argument("verb", metavar="run|facts|drift|prune", type=click.Choice(VERBS))
@click.argument("argv", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
def command(
    environment_option: str | None,
    on: tuple[str, ...],
    within: timedelta,
    keep: int | None,
    dry_run: bool,
    verb: str,
    argv: tuple[str, ...],
    *,
    as_json: bool,
    folder: Path,
) -> None:
    """All servers of an environment at once: run a command on each, say what they are, where they differ from what
    should run, or remove old releases.

    `run` runs it as the user of the deploys; one word is text for the shell there. Exit 1 when it failed on some, or
    (`drift`) something differs; 5 when some could not be asked or did not end in time.
    """  # fmt: skip
    if (verb == "run") != bool(argv):
        how = "give a command: `ecluse fleet run -- uptime`" if verb == "run" else f"`{verb}` takes no command"
        raise click.UsageError(how)
    if dry_run and verb != "run":
        raise click.UsageError("`--dry-run` is for `run`: facts and drift change nothing, and `prune` goes by the host")

    async def on_hosts(at: session.Asked, hosts_of: session.Hosts) -> Exit:
        from ecluse.loop.operate.chosen import of_chosen  # noqa: PLC0415

        environment = at.environment(environment_option or the_fleet(at.app))
        hosts = of_chosen(at.app, environment, hosts_of(environment), on)
        if verb == "facts":
            from ecluse.loop.operate.hosts import prepare  # noqa: PLC0415

            return render.facts(await prepare(assembly.rehearsed(hosts).hosts), at, environment)
        from ecluse.loop.operate.fleet_run import fleet_run  # noqa: PLC0415

        said = render.Said(live=not as_json)
        if dry_run:
            dry = assembly.rehearsed(hosts)
            await fleet_run(dry.hosts, argv, within=within, say=said.line)
            return render.would_run(dry.sent, at, environment)
        found = await fleet_run(hosts, argv, within=within, say=said.line)
        return render.ran(found, said, at, environment)

    async def with_world(at: session.Session) -> Exit:
        from ecluse.loop.deploy.wanted import Wanted  # noqa: PLC0415
        from ecluse.loop.operate.chosen import chosen  # noqa: PLC0415

        wanted = Wanted(app=at.app, environment=at.environment(environment_option or the_fleet(at.app)))
        hosts = chosen(at.app, wanted.environment, on)
        if verb == "drift":
            from ecluse.loop.operate.drift import drift  # noqa: PLC0415

            return render.drift(await drift(wanted, at.world, hosts), at, wanted.environment)
        from ecluse.loop.operate.prune import prune  # noqa: PLC0415

        return render.pruned(await prune(wanted, at.world, keep, on=hosts), at, wanted.environment)

    if verb in {"run", "facts"}:
        session.on_hosts(folder, on_hosts, as_json=as_json)
    session.run(folder, with_world, as_json=as_json)


def the_fleet(app: App) -> str:
    """The one environment that has hosts over SSH; with none, or several, `local`, which has none and says so."""
    remote = [environment.name for environment in app.environments if environment.is_remote]
    return remote[0] if len(remote) == 1 else "local"
