"""How a ship, a deploy or a rollback ended: the document, and the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from ecluse.cli import session
from ecluse.cli.render import orders
from ecluse.cli.render.problems import render as render_problem
from ecluse.cli.render.processes import off_line
from ecluse.loop.build.exposed import ENV_FILES
from ecluse.loop.deploy.schema.upcoming import Upcoming
from ecluse.loop.deploy.transaction import Moved
from ecluse.loop.plan.orders import Orders
from ecluse.loop.plan.preview import Preview
from ecluse.loop.ship import Shipped
from ecluse.loop.test.untested import TESTS
from ecluse.model.harmless import harmless
from ecluse.model.history import ReleaseKnown
from ecluse.model.problem import Exit
from ecluse.model.security import SECURITY
from ecluse.model.verdict import Answer, Verdict

NAMED = 5
"""Tests that a line names."""

HEADLINES = {
    "shipped": "shipped {version} to {environment}",
    "deployed": "deployed {version} to {environment}",
    "unchanged": "{version} serves {environment} already; nothing to do",
    "waiting": "{version} waits in {environment}: `ecluse promote` goes on, `ecluse undo` takes it back",
    "rolled_back": "{environment} serves {version} again",
}


def document(shipped: Shipped) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {
        "outcome": shipped.outcome,
        "environment": shipped.environment,
        "release": shipped.release,
        "version": shipped.version,
        "commit": shipped.commit,
        "url": shipped.url,
        "seconds": round(shipped.seconds, 3),
        "gates": [gate(verdict) for verdict in shipped.gates],
        "timeline": [entry(moved) for moved in shipped.timeline],
        "answered": reached(shipped),
        "off": [{"name": process.name, "why": process.why_off} for process in shipped.off],
        "problems": [session.as_document(shipped.problem)] if shipped.problem else [],
    }


def entry(moved: Moved) -> dict[str, Any]:
    """`sent`: the bytes that travelled to all hosts, and those that the release has there; null where none had to."""
    return {
        "what": moved.move,
        "when": moved.at.isoformat(),
        "seconds": moved.seconds,
        "detail": moved.detail,
        "sent": {"bytes": moved.sent.size, "of": moved.sent.of} if moved.sent else None,
    }


def reached(shipped: Shipped) -> dict[str, int] | None:
    """How many requests met a release that was undone; None where none was, or they aren't known."""
    share = shipped.answered.failed if shipped.answered else None
    return {"requests": share.requests, "failed": share.hits} if share else None


def gate(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.gate,
        "verdict": verdict.answer.value,
        "evidence": list(verdict.evidence),
        "seconds": round(verdict.seconds, 3),
        "log": verdict.log,
        "known_failures": list(verdict.known_failures),
        "cured": list(verdict.cured),
    }


def halted(environment: str) -> dict[str, Any]:
    """The same keys for one that a Problem ended before it began."""
    return document(Shipped(outcome="halted", environment=environment))


def ended(shipped: Shipped, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json(document(shipped))
    if shipped.problem is not None:
        render_problem(shipped.problem)
    elif not as_json:
        text(shipped)
    return shipped.exit


def text(shipped: Shipped) -> None:
    headline = HEADLINES[shipped.outcome].format(version=shipped.version, environment=shipped.environment)
    click.secho(f"{headline}  ({shipped.seconds:.1f} s)", bold=True)
    if shipped.url:
        click.echo(f"  {shipped.url}")
    for process in shipped.off:
        click.echo(f"  {off_line(process)}")
    for line in warnings(shipped.gates):
        click.secho(harmless(f"  ! {line}"), fg="yellow")
    for moved in shipped.timeline:
        line = f"  {moved.at.astimezone():%H:%M:%S}  {moved.move:<8} {moved.seconds:7.2f} s  {moved.detail}"
        click.echo(line.rstrip())
    place = "" if shipped.environment == "local" else f" {shipped.environment}"
    back = f" · ecluse rollback{place}" if shipped.leads_back else ""
    click.echo(f"next: ecluse status{place} · ecluse logs{place} -f{back}")


def warnings(gates: tuple[Verdict, ...]) -> Iterator[str]:
    """What let a release pass that a reader must not overlook."""
    for verdict in gates:
        if not verdict.is_required and verdict.gate == TESTS:
            yield f"not tested: {'; '.join(verdict.evidence)}: {verdict.fix}"
        if not verdict.is_required and verdict.gate == SECURITY:
            yield from (f"{verdict.gate}: {fact}" for fact in verdict.evidence if fact.startswith("not checked"))
        if not verdict.is_required and verdict.gate == ENV_FILES:
            yield f"{'; '.join(verdict.evidence)}: {verdict.fix}"
        if verdict.known_failures:
            yield f"{verdict.gate}: {count(verdict.known_failures, 'known failure')}: {some(verdict.known_failures)}"
        if verdict.cured:
            told = f"{count(verdict.cured, 'known failure')} passed: {some(verdict.cured)}"
            yield f"{verdict.gate}: {told}; `ecluse test --dirty` takes it off the list"


def count(found: tuple[str, ...], what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"


def some(found: tuple[str, ...]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{', '.join(found[:NAMED])}{more}"


def preview(plan: Preview, sent: Orders | None, *, as_json: bool) -> Exit:
    if as_json:
        policies = [gate(verdict) for verdict in plan.policies]
        session.print_json({"outcome": "planned", **asdict(plan), "policies": policies, **orders.document(sent)})
        return Exit.DONE
    tag = f", tag {plan.tag}" if plan.tag else ""
    click.secho(f"would ship {plan.commit[:12]} as {plan.version}{tag} to {plan.environment}", bold=True)
    if plan.unchanged:
        click.echo("  it serves already: nothing to do")
        return Exit.DONE
    click.echo(f"  serves now: {plan.serving or 'nothing'}")
    answers(plan.policies)
    click.echo(f"  steps: {', '.join(plan.steps) or 'none'}")
    if plan.untested:
        click.secho(f"  ! not tested: {'; '.join(plan.untested)}", fg="yellow")
    if plan.warning:
        click.secho(f"  ! {plan.warning}", fg="yellow")
    for one in plan.migrations:
        migration(one)
    click.echo(f"  moves: {' → '.join(plan.moves)}  (slot {plan.slot})")
    orders.text(sent)
    return Exit.DONE


def migration(one: Upcoming) -> None:
    """What there is no way back from stands out."""
    if one.contract:
        click.secho(f"  ! migration {one.name} can't be gone back from: {one.contract}", fg="yellow")
    else:
        click.echo(f"  migration {one.name}{f'  ({one.unclear})' if one.unclear else ''}")


def answers(policies: tuple[Verdict, ...]) -> None:
    """A line for each, and what refuses with what could be done."""
    for verdict in policies:
        colour = {Answer.PASSED: "green", Answer.FAILED: "red"}.get(verdict.answer, "yellow")
        word = click.style(verdict.answer.value.replace("_", " "), fg=colour)
        click.echo(harmless(f"  {verdict.gate}: {word}  {'; '.join(verdict.evidence)}"))
        if verdict.stops and verdict.fix:
            click.secho(f"    {verdict.fix}", dim=True)


def going_to(
    release: ReleaseKnown, policies: tuple[Verdict, ...], sent: Orders | None = None, *, as_json: bool
) -> Exit:
    if as_json:
        said = [gate(verdict) for verdict in policies]
        session.print_json({**planned(release), "policies": said, **orders.document(sent)})
        return Exit.DONE
    going_back(release, as_json=False)
    answers(policies)
    orders.text(sent)
    return Exit.DONE


def planned(release: ReleaseKnown) -> dict[str, Any]:
    return {"outcome": "planned", "release": release.id, "version": release.version, "commit": release.commit}


def going_back(release: ReleaseKnown, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json(planned(release))
    else:
        click.echo(
            f"would serve {release.version} ({release.commit[:12]}, made {release.at.astimezone():%Y-%m-%d %H:%M})"
        )
    return Exit.DONE
