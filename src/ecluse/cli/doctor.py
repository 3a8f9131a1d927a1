"""`ecluse doctor`"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.loop.monitor.doctor import Finding, Grade, diagnose
from ecluse.model.problem import Exit

MARKS = {
    Grade.FINE: ("✓", "green"),
    Grade.ABSENT: ("-", "bright_black"),
    Grade.WARN: ("!", "yellow"),
    Grade.BAD: ("✗", "red"),
}


@click.command(epilog="Examples:  ecluse doctor    ecluse doctor --json")
@options.as_json
@options.folder_of_any
def command(as_json: bool, folder: Path) -> None:
    """What this machine can do, and what is in the way. Changes nothing; works without a manifest."""

    async def work() -> Exit:
        found = await assembly.examined(folder)
        findings = diagnose(found.machine, found.app, found.seen, found.ports, found.unmasked)
        bad = any(finding.grade is Grade.BAD for finding in findings)
        if as_json:
            session.print_json({"ok": not bad, "findings": [asdict(finding) for finding in findings]})
        else:
            for finding in findings:
                show(finding)
        return Exit.REFUSED if bad else Exit.DONE

    session.guarded(work, as_json=as_json)


def show(finding: Finding) -> None:
    mark, colour = MARKS[finding.grade]
    click.echo(f"{click.style(mark, fg=colour)} {finding.name:<10} {finding.detail}")
    if finding.fix:
        click.echo(f"    fix: {finding.fix}")
