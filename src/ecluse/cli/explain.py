"""`ecluse explain`"""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ecluse import whereabouts
from ecluse.catalogue import explain as problems
from ecluse.catalogue.finding import known_codes
from ecluse.cli import options, session
from ecluse.manifest import explain
from ecluse.manifest.evidence import Evidence, as_lines, evidence
from ecluse.manifest.find import Found, find
from ecluse.model.problem import Exit, ProblemError

EXAMPLES = """
Examples:  ecluse explain processes.web.health.path    ecluse explain --why    ecluse explain D021
"""


def complete(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Codes and keys."""
    if begun[:1].isupper():
        return [code for code in known_codes() if code.startswith(begun)]
    return [name for name in explain.names() if name.startswith(begun)]


@click.command(epilog=EXAMPLES)
@click.argument("key", metavar="[KEY|CODE]", required=False, default="", shell_complete=complete)
@click.option("--why", is_flag=True, help="Only the evidence; without KEY, that of every line.")
@options.folder
@options.as_json
def command(key: str, why: bool, folder: Path, as_json: bool) -> None:
    """What a key or section of the manifest means, and why it is as it is here: where its value comes from, what was
    tried, what else was found. Without KEY: all sections. CODE is that of a Problem: what is wrong, why, what to do."""
    code = problems.code_in(key)

    async def work() -> Exit:
        if code:
            return of_code(code, as_json=as_json)
        name = key.strip("[] ")
        found = explain.find(name)
        manifest = written(folder)
        known = evidence_in(manifest, name) if name or why else Evidence()
        where = manifest.path.name if manifest else ""
        if as_json:
            session.print_json({**({} if why else explain.as_document(found)), **document(known, where)})
        else:
            if not why:
                click.echo(explain.as_text(found))
            click.echo("".join(f"{line}\n" for line in text(known, where)), nl=False)
        return Exit.DONE

    session.guarded(work, as_json=as_json)


def of_code(code: str, *, as_json: bool) -> Exit:
    found = problems.find(code)
    if as_json:
        session.print_json(problems.as_document(code, found))
    else:
        click.echo(problems.as_text(code, found))
    return Exit.DONE


def written(folder: Path) -> Found | None:
    """The manifest here, if there is one to read: what a key means doesn't depend on it."""
    try:
        return find(whereabouts.find_root(folder))
    except ProblemError:
        return None


def evidence_in(manifest: Found | None, name: str) -> Evidence:
    """None of a file that isn't TOML: what is wrong with it is told by every other command."""
    if manifest is None:
        return Evidence()
    try:
        content = manifest.data.decode()
        tomllib.loads(content)
    except ValueError:
        return Evidence()
    return evidence(content, name, manifest.table)


def text(known: Evidence, where: str) -> list[str]:
    lines = list(as_lines(known))
    return ["", f"{where} here:", *lines] if lines else []


def document(known: Evidence, where: str) -> dict[str, Any]:
    lines = [asdict(line) for line in known.lines]
    notes = [asdict(note) for note in known.notes]
    return {"evidence": {"file": where, "lines": lines, "notes": notes}}
