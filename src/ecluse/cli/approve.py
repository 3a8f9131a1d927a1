"""`ecluse approve`"""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.cli import options, session
from ecluse.loop.deploy.policy.approve import Approved, approve, document, environment_to_approve_for, to_approve
from ecluse.model.problem import Exit


@click.command(
    epilog="Examples:  ecluse approve    ecluse approve 1.4.0 --env production    ecluse approve --json | jq .needed"
)
@click.argument("name", metavar="[VERSION]", required=False, default="")
@click.option(
    "--env", "environment", metavar="ENV", shell_complete=options.complete_environment,
    help="The environment (default: the one that asks for approvals).",
)  # fmt: skip
@options.dry_run
@options.as_json
@options.folder
def command(name: str, environment: str | None, *, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Approve a release (default: the newest) for an environment that asks for it. Recorded with your name.

    Who deploys it must be somebody else.
    """

    async def work(at: session.Session) -> Exit:
        place = at.environment(environment_to_approve_for(at.app, environment))
        if dry_run:
            release = to_approve(place, name, at.world)
            at.answer({"outcome": "planned", "environment": place.name, "version": release.version})
            click.echo(f"would approve {release.version} for {place.name} as {at.world.actor}", err=as_json)
            return Exit.DONE
        approved = approve(place, name, at.world)
        at.answer(document(approved))
        if not as_json:
            click.echo(told(approved))
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def told(approved: Approved) -> str:
    release = approved.release
    return (
        f"{approved.by} approves {release.version} ({release.commit[:12]}) for {approved.environment}, "
        f"until {approved.until.astimezone():%Y-%m-%d %H:%M}\n"
        f"  {len(approved.people)} of {approved.needed}: {', '.join(approved.people)}\n"
        f"next, by somebody else: ecluse deploy {approved.environment} --release {release.version}"
    )
