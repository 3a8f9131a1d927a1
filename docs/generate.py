"""Write the reference pages from the code: `python docs/generate.py`. With --check, say which aren't current."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from pathlib import Path

import click

from ecluse.catalogue.families import EXITS, FAMILIES
from ecluse.catalogue.finding import Known, known_problems
from ecluse.catalogue.why import WHY
from ecluse.cli.main import COMMANDS
from ecluse.manifest.reference import reference as manifest
from ecluse.model.events.event import Event
from ecluse.model.events.reading import KINDS, kind_of

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made from {source} by docs/generate.py; edit there. -->"


def page(title: str, source: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE.format(source=source), *parts]) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def commands() -> str:
    exits = table(("code", "meaning"), ((str(int(code)), text) for code, text in EXITS.items()))
    parts = [command(name, short) for name, short in COMMANDS.items()]
    return page("Commands", "src/ecluse/cli", f"Exit codes of every command:\n\n{exits}", *parts)


def command(name: str, short: str) -> str:
    found: click.Command = importlib.import_module(f"ecluse.cli.{name}").command
    context = click.Context(found, info_name=f"ecluse {name}")
    usage = " ".join([context.command_path, *found.collect_usage_pieces(context)])
    rows = [option for parameter in found.get_params(context) if (option := parameter.get_help_record(context))]
    text = inspect.cleandoc((found.help or short).replace("\b", ""))
    options = table(("option", "meaning"), ((f"`{left}`", right) for left, right in rows))
    example = [f"```console\n{examples(found.epilog)}\n```"] if found.epilog else []
    return "\n\n".join([f"## {name}", text, f"`{usage}`", options, *example])


def examples(epilog: str) -> str:
    text = epilog.partition(":")[2] if epilog.strip().startswith("Example") else epilog
    return "\n".join(
        f"$ {line.strip()}" for line in text.replace("\b", "").replace("    ", "\n").splitlines() if line.strip()
    )


def events() -> str:
    what = "What the ledger holds, and what `ecluse events --json` prints: `kind`, and `data` with these fields."
    kinds = ((name, kind) for name in KINDS if (kind := kind_of(name)))
    return page("Events", "src/ecluse/model/events", what, *(event(name, kind) for name, kind in kinds))


def event(name: str, kind: type[Event]) -> str:
    text = inspect.cleandoc(kind.__doc__ or "")
    said = [] if text.startswith(f"{name}(") else [text]
    needed = {True: "yes", False: ""}
    rows = (
        (f"`{field.name}`", f"`{field.type}`", needed[field.default is MISSING and field.default_factory is MISSING])
        for field in fields(kind)
    )
    return "\n\n".join([f"## {name}", *said, table(("field", "type", "always there"), rows)])


def problems() -> str:
    known = known_problems(Path(__file__).parents[1] / "src")
    what = (
        "Every message to a user ends with a code that stays the same; parts in ‹› are filled in. "
        "`ecluse explain D021` says the same in a terminal."
    )
    parts = [family(letter, title, known) for letter, title in FAMILIES.items()]
    return page("Problem codes", "src", what, *(part for part in parts if part))


def family(letter: str, title: str, known: list[Known]) -> str:
    rows = [(f"`{one.code}`", one.what, one.fix) for one in known if one.code.startswith(letter)]
    why = [f"`{code}`: {text}" for code, text in WHY.items() if code.startswith(letter)]
    parts = [f"## {letter}: {title}", table(("code", "what is wrong", "what to do"), rows), *why]
    return "\n\n".join(parts) if rows else ""


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": commands,
    "events.md": events,
    "manifest.md": manifest,
    "problems.md": problems,
}


def main(arguments: list[str]) -> int:
    stale = [name for name, make in PAGES.items() if not is_current(name, make())]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is not current; run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


def is_current(name: str, text: str) -> bool:
    file = REFERENCE / name
    return file.exists() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
