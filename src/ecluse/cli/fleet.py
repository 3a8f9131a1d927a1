"""`ecluse fleet`"""

from __future__ import annotations

import shlex
import sys
from datetime import timedelta
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import fleet as render
from ecluse.model.app import App, Environment
from ecluse.model.problem import Exit, ProblemError

USES = {
    "run": "give a command: `ecluse fleet run -- uptime`",
    "copy": "give a file and where it belongs there: `ecluse fleet copy motd /etc/motd`",
}
"""How the verbs that take words are used."""
VERBS = ("run", "copy", "facts", "drift", "prune", "inventory")
BOTH_ENDS = 2


def _mode(_: click.Context, __: click.Parameter, given: str | None) -> int | None:
    try:
        mode = None if given is None else int(given, 8)
    except ValueError:
        mode = -1
    if mode is not None and not 0 <= mode <= 0o7777:  # noqa: PLR2004 all bits that chmod(1) knows
        raise click.BadParameter("write it as chmod takes it in digits: 644, 0755")
    return mode


@click.command(
    epilog="Examples:  ecluse fleet run -- uptime    ecluse fleet run --on web -- 'df -h / | tail -1'    "
    "ecluse fleet copy limits.conf app/limits.conf --mode 640    "
    "ecluse fleet facts --env production    ecluse fleet drift    ecluse fleet prune --keep 2    "
    "ecluse fleet inventory --list",
)
@click.option(
    "--env", "environment_option", metavar="ENV", shell_complete=options.complete_environment,
    help="The environment (default: the one whose hosts are reached over SSH).",
)  # fmt: skip
@options.on
@click.option(
    "--dry-run", is_flag=True,
    help="Show what `run` would run where, and connect to nobody; or ask the hosts what `copy` would change.",
)  # fmt: skip
@click.option(
    "--within", default="1m", metavar="DURATION", callback=options.duration_option, show_default=True,
    help="Time that `run` gives each host, connecting included, and `copy` for a look there, and again to send.",
)  # fmt: skip
@click.option("--mode", metavar="MODE", callback=_mode, help="Permissions of what is copied (default: the file's own).")
@click.option("--keep", type=click.IntRange(min=0), help="Releases that `prune` leaves (default: `keep_releases`).")
@click.option("--list", "_listed", is_flag=True, expose_value=False, help="As Ansible asks for an `inventory`.")
@options.as_json
@options.folder
@click.argument("verb", metavar="run|copy|facts|drift|prune|inventory", type=click.Choice(VERBS))
@click.argument("argv", metavar="[-- COMMAND... | FILE PATH]", nargs=-1, type=click.UNPROCESSED)
def command(
    environment_option: str | None,
    on: tuple[str, ...],
    within: timedelta,
    mode: int | None,
    keep: int | None,
    verb: str,
    argv: tuple[str, ...],
    *,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """All servers of an environment at once: run a command on each, copy a file to each, say what they are, where they
    differ from what should run, remove old releases, or list them as Ansible wants to have them.

    `run` runs it as the user of the deploys; one word is text for the shell there. `copy` sends nothing to a host that
    has the file already, and replaces it whole otherwise; PATH counts from the user's home, and one that ends with a
    slash is the folder for it. Exit 1 when it failed on some, or (`drift`) something differs; 5 when some could not be
    asked or did not end in time.
    """  # fmt: skip
    _require_use(verb, argv, dry_run=dry_run)
    if verb == "inventory":
        _inventory(folder, environment_option, on)
        return

    async def on_hosts(at: session.Asked, hosts_of: session.Hosts) -> Exit:
        from ecluse.loop.operate.chosen import of_chosen  # noqa: PLC0415

        environment = at.environment(environment_option or the_fleet(at.app))
        hosts = of_chosen(at.app, environment, hosts_of(environment), on)
        if verb == "facts":
            from ecluse.loop.operate.hosts import prepare  # noqa: PLC0415

            return render.facts(await prepare(assembly.rehearsed(hosts).hosts), at, environment)
        if verb == "copy":
            from ecluse.loop.operate.fleet_copy import fleet_copy  # noqa: PLC0415

            file = assembly.to_send(Path(argv[0]), argv[1], mode)
            copied = await fleet_copy(assembly.rehearsed(hosts).hosts if dry_run else hosts, file, within=within)
            return render.copied(copied, file, at, environment, applied=not dry_run)
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

    if verb in {*USES, "facts"}:
        session.on_hosts(folder, on_hosts, as_json=as_json)
    session.run(folder, with_world, as_json=as_json)


def _require_use(verb: str, argv: tuple[str, ...], *, dry_run: bool) -> None:
    if verb in USES and (not argv or (verb == "copy" and (len(argv) != BOTH_ENDS or not all(argv)))):
        raise click.UsageError(USES[verb])
    if verb not in USES and argv:
        raise click.UsageError(f"`{verb}` takes no command")
    if dry_run and verb not in USES:
        raise click.UsageError("--dry-run is for `run` and `copy`: others change nothing, and `prune` goes by the host")


def _inventory(folder: Path, name: str | None, hosts: tuple[str, ...]) -> None:
    """The hosts of all environments, or of one; of one host, its variables."""
    from ecluse.loop.operate.inventory import inventory, of_host  # noqa: PLC0415

    try:
        app = assembly.declared(folder)
        meant = [session.environment_of(app, name)] if name else app.environments
    except ProblemError as error:
        session.show(error.problems, as_json=False)
        sys.exit(error.exit)
    found = inventory(meant, app.processes, ssh_options)
    session.print_json(of_host(hosts[0], found) if hosts else found)


def ssh_options(environment: Environment) -> str:
    """What the manifest says beyond the user's own SSH configuration."""
    ssh = environment.ssh
    config = f"-F {shlex.quote(str(Path(ssh.config).expanduser().absolute()))}" if ssh.config else ""
    return " ".join(filter(None, [config, f"-J {shlex.quote(ssh.jump)}" if ssh.jump else ""]))


def the_fleet(app: App) -> str:
    """The one environment that has hosts over SSH; with none, or several, `local`, which has none and says so."""
    remote = [environment.name for environment in app.environments if environment.is_remote]
    return remote[0] if len(remote) == 1 else "local"
