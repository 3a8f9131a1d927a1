"""How steps ended: the document, and the text."""

from __future__ import annotations

from typing import Any

import click

from ecluse.cli import session
from ecluse.cli.render.problems import shortened
from ecluse.loop.test.verb import StepsDone
from ecluse.model.app import Step
from ecluse.model.problem import Exit
from ecluse.model.verdict import Answer, Verdict

_SIGNS = {Answer.PASSED: ("✓", "green"), Answer.FAILED: ("✗", "red"), Answer.SKIPPED: ("-", "green")}


def document(done: StepsDone) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {
        "outcome": str(done.outcome),
        "run": done.run,
        "commit": done.commit,
        "dirty": done.dirty,
        "seconds": done.seconds,
        "warnings": done.warnings,
        "steps": [verdict_document(verdict) for verdict in done.verdicts],
        "renewed": [{"file": str(one.path), "removed": list(one.cured)} for one in done.renewed],
    }


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.gate,
        "verdict": verdict.answer.value,
        "evidence": list(verdict.evidence),
        "seconds": verdict.seconds,
        "attempts": verdict.attempts,
        "flaky": verdict.flaky,
        "cached": verdict.cached,
        "log": verdict.log,
        "logs": list(verdict.logs),
        "known_failures": list(verdict.known_failures),
        "cured": list(verdict.cured),
    }


def ended(done: StepsDone, *, as_json: bool) -> Exit:
    if as_json:
        session.print_json(document(done))
    else:
        text(done)
    return done.exit


def text(done: StepsDone) -> None:
    lines = [line for verdict in done.verdicts for line in lines_of(verdict)]
    if lines:
        click.echo("\n".join(lines))  # at once: each call costs what a step does that is known to pass
    for one in done.renewed:
        click.secho(f"removed from {one.path.name}, for they pass: {', '.join(one.cured)}", fg="green")
    asked = [verdict for verdict in done.verdicts if verdict.is_required]
    passed = sum(verdict.answer is Answer.PASSED for verdict in asked)
    place = "the working tree" if done.dirty else done.commit[:12]
    skipped = sum(verdict.answer is Answer.SKIPPED for verdict in asked)
    others = {"skipped": skipped, "flaky": sum(verdict.flaky for verdict in asked)}
    warnings = {"warning" if done.warnings == 1 else "warnings": done.warnings}
    told = "".join(f", {count} {word}" for word, count in (others | warnings).items() if count)
    click.secho(f"{passed} of {len(asked)} passed{told} at {place}  ({done.seconds:.1f} s)", bold=True)


def lines_of(verdict: Verdict) -> tuple[str, ...]:
    sign, color = _SIGNS.get(verdict.answer, ("-", "yellow"))
    word = "" if verdict.answer is Answer.PASSED else f"  {verdict.answer.value.replace('_', ' ')}"
    took = "  cached" if verdict.cached else f"{verdict.seconds:6.1f} s"
    told = verdict.logs or (verdict.log,) if verdict.flaky or verdict.answer is Answer.FAILED else ()
    log = (f"    log: {log}" for log in told if log)
    evidence = (f"    {shortened(line)}" for line in verdict.evidence)
    return (f"{click.style(sign, fg=color)} {verdict.gate:<20} {took}{word}", *evidence, *log)


def planned(steps: tuple[Step, ...], *, as_json: bool) -> Exit:
    if as_json:
        session.print_json({"outcome": "planned", "steps": [_planned(step) for step in steps]})
        return Exit.DONE
    for step in steps:
        behind = f"  (after {', '.join(step.needs)})" if step.needs else ""
        what = (
            "built in"
            if step.builtin
            else " ".join(step.command) or ", ".join(f"{name} {value}" for name, value in _on_hosts(step).items())
        )
        click.echo(f"would run {step.name}: {what}{behind}")
    return Exit.DONE


def _planned(step: Step) -> dict[str, Any]:
    cell = {"of": step.of, "cell": dict(step.cell)} if step.of else {}
    return {"name": step.name, "command": list(step.command), "needs": list(step.needs), **_on_hosts(step), **cell}


def _on_hosts(step: Step) -> dict[str, str]:
    """What a step does that works on hosts."""
    told = {"playbook": step.playbook, "fabric": step.fabric, "hosts": step.hosts}
    return {name: value for name, value in told.items() if value}
