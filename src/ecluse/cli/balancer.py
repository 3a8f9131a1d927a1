"""`ecluse balancer`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.cli.render import balancer as render
from ecluse.loop.deploy.balancing import look_at
from ecluse.loop.operate.balancer import balancers_of, drain, undrain
from ecluse.model.app import App
from ecluse.model.problem import Exit

VERBS = ("status", "render", "drain", "undrain")
OF_A_HOST = {"drain": drain, "undrain": undrain}


@click.command(
    epilog="Examples:  ecluse balancer render production > haproxy.cfg    ecluse balancer status    "
    "ecluse balancer drain web1    ecluse balancer undrain web1 production"
)
@click.argument("verb", metavar="[status|render|drain|undrain]", type=click.Choice(VERBS), default="status")
@click.argument("words", metavar="[HOST] [ENV]", nargs=-1)
@click.option(
    "--env", "environment_option", metavar="ENV", shell_complete=options.complete_environment,
    help="The environment (default: the one that has a balancer).",
)  # fmt: skip
@click.option("--servers", is_flag=True, help="`render` the lines of the hosts alone: what nginx includes.")
@options.dry_run
@options.as_json
@options.folder
def command(
    verb: str,
    words: tuple[str, ...],
    environment_option: str | None,
    *,
    servers: bool,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """The HAProxy or nginx in front of the hosts: write its configuration, or take a host out of it and put it back.

    `render` prints a complete configuration, and asks nobody. `drain` gives a host no new requests and returns when
    those it had are answered, so that it can be worked on; `undrain` gives it requests again. A deploy needs neither.
    """  # fmt: skip
    host, named = taken(verb, words)
    if servers and verb != "render":
        raise click.UsageError("--servers is for `render`")

    async def work(at: session.Session) -> Exit:
        name = options.chosen(named, environment_option) if named or environment_option else the_balanced(at.app)
        environment = at.environment(name)
        balancers = balancers_of(at.app, environment, at.world)
        if verb == "render":
            first = next(iter(balancers.values()))
            return render.text(first.servers() if servers else first.configuration(), at, environment)
        if verb == "status":
            return render.seen(await look_at(balancers), at, environment)
        found = await OF_A_HOST[verb](at.app, environment, at.world, host, apply=not dry_run)
        return render.told(verb, host, found, at, environment, applied=not dry_run)

    session.run(folder, work, as_json=as_json, in_an_emergency=True, by_what_serves=True)


def taken(verb: str, words: tuple[str, ...]) -> tuple[str, str | None]:
    """The host, for the verbs that are about one, and the environment where it is named."""
    of_a_host = verb in OF_A_HOST
    host, *rest = words if of_a_host and words else ("", *words)
    if of_a_host and not host:
        raise click.UsageError(f"name the host: `ecluse balancer {verb} web1`")
    if len(rest) > 1:
        raise click.UsageError(f"too many words: {' '.join(rest)}")
    return host, next(iter(rest), None)


def the_balanced(app: App) -> str:
    """The one environment that has a balancer; with none, or several, `local`, which says what it lacks."""
    found = [environment.name for environment in app.environments if environment.balancer]
    return found[0] if len(found) == 1 else "local"
