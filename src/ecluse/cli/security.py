"""`ecluse security`"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import steps as render
from ecluse.loop.security import baseline
from ecluse.loop.security.verb import Scanned, policy_of, scan
from ecluse.loop.test.verb import StepsOrder
from ecluse.model.finding import Accepted
from ecluse.model.problem import Exit
from ecluse.model.security import SECURITY

VERBS = ("scan", "baseline")


@click.command(
    epilog="Examples:  ecluse security    ecluse security --env local --json    "
    "ecluse security baseline 3f0c-9a1b-22d4-7e65 --until 2027-03-31 --reason 'no user input gets there'"
)
@click.argument("verb", metavar="[scan|baseline]", type=click.Choice(VERBS), default="scan")
@click.argument("fingerprints", metavar="[FINGERPRINT]...", nargs=-1)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="baseline: the last day on which it is accepted.")
@click.option("--reason", default="", help="baseline: why it is accepted.")
@click.option("--env", "environment", default="", help="As before a ship there: in `local`, not checked stops nothing.")
@click.option("--fresh", is_flag=True, help="Look again, whatever has passed before.")
@click.option("--dirty", is_flag=True, help="The working tree as it lies.")
@click.option("--commit", "revision", default="HEAD", show_default=True, help="The commit to look at.")
@options.dry_run
@options.as_json
@options.folder
def command(
    verb: str, fingerprints: tuple[str, ...], until: datetime | None, reason: str, environment: str, fresh: bool,
    dirty: bool, revision: str, dry_run: bool, as_json: bool, folder: Path,
) -> None:  # fmt: skip
    """Look for what is unsafe: code, dependencies, secrets, licences, Dockerfiles, workflows, Terraform, Kubernetes.

    `baseline` accepts what is open, or some of it, until a day: it writes the file that [security] names, for you to
    commit.
    """
    require_usage(verb, fingerprints, until, reason)

    async def work(at: session.Session) -> Exit:
        there, commit = await at.at(revision, dirty=dirty)
        policy = policy_of(there.app)
        is_lenient = bool(environment) and at.environment(environment).name == "local"
        if until:
            baseline.require_future(until.date(), today(at))
        order = StepsOrder(
            verb="security", names=(SECURITY,), commit=commit, dirty=dirty, only=True, fresh=fresh, lenient=is_lenient
        )
        if dry_run and verb == "scan":
            return render.planned(tuple(step for step in there.app.steps if step.name == SECURITY), as_json=as_json)
        scanned = await scan(order, there.app, at.world)
        if verb == "scan" or not scanned.report:
            return shown(scanned, as_json=as_json)
        assert until is not None  # noqa: S101  required above
        entries = baseline.entries(scanned.report, fingerprints, reason=reason, who=at.world.actor, until=until.date())
        if entries and not dry_run:
            write(at.world.root / policy.baseline, entries, policy.baseline)
        at.answer(document(entries, policy.baseline, dry_run=dry_run))
        if not as_json:
            text(entries, policy.baseline, dry_run=dry_run)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def require_usage(verb: str, fingerprints: tuple[str, ...], until: datetime | None, reason: str) -> None:
    if verb == "baseline" and not (until and reason.strip()):
        raise click.UsageError("`baseline` needs --until DAY and --reason TEXT: somebody answers for it")
    if verb == "scan" and (fingerprints or until or reason):
        raise click.UsageError("fingerprints, --until and --reason are for `baseline`")


def write(file: Path, entries: tuple[Accepted, ...], name: str) -> None:
    before = baseline.decoded(file.read_bytes() if file.is_file() else b"", name)
    assembly.save(file, baseline.added(before, entries, name))


def today(at: session.Session) -> date:
    return at.world.clock.now().astimezone(UTC).date()


def shown(scanned: Scanned, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json({**render.document(scanned.done), "report": scanned.report})
        return scanned.done.exit
    render.text(scanned.done)
    is_open = (*scanned.report.get("findings", ()), *scanned.report.get("not_checked", ()))
    for one in is_open:
        click.echo(f"  {one['fingerprint']}  {one['scanner']}: {baseline.what(one)}")
    if is_open:
        click.echo("mend it, or answer for it: ecluse security baseline FINGERPRINT --until YYYY-MM-DD --reason '…'")
    return scanned.done.exit


def document(entries: tuple[Accepted, ...], file: str, *, dry_run: bool) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    outcome = "current" if not entries else "planned" if dry_run else "written"
    listed = [{"fingerprint": entry.fingerprint, "scanner": entry.scanner, "what": entry.what} for entry in entries]
    return {"outcome": outcome, "file": file, "accepted": listed}


def text(entries: tuple[Accepted, ...], file: str, *, dry_run: bool) -> None:
    if not entries:
        click.echo("nothing is open: there is nothing to accept")
        return
    for entry in entries:
        click.echo(f"{entry.fingerprint}  {entry.scanner}: {entry.what}")
    until = entries[0].until
    click.echo(f"{'would accept' if dry_run else f'wrote {file}: commit it. Accepted'} until {until}: {len(entries)}")
