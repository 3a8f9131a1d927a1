"""One command for every app of a repository."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from ecluse import whereabouts
from ecluse.cli.session import NOTHING, Interrupts, Session, ended, gathered, in_app, leave, print_json, run
from ecluse.model.problem import Exit, ProblemError

NO_TOML = "M004"
Work = Callable[[Session], Awaitable[Exit]]


def run_each(
    folder: Path,
    work: Work,
    *,
    as_json: bool,
    otherwise: Mapping[str, Any] = NOTHING,
    in_an_emergency: bool = False,
    by_what_serves: bool = False,
    tells: bool = False,
) -> NoReturn:
    """As `run`; where there are several apps, for each, one after the other. What one app says doesn't hold back the
    others, an interrupt does. The code is that of the first that was not done; the document of `--json` has theirs
    below `apps`."""
    apps: dict[str, Path] = {}

    async def find() -> Exit:
        try:
            apps.update(whereabouts.apps_of(folder))
        except ProblemError as error:
            if not (by_what_serves and error.problems[0].code == NO_TOML):
                raise  # else it is one app, or its run says why not
        return Exit.DONE

    if unread := ended(find, as_json=as_json, otherwise=otherwise):
        leave(unread)
    if not apps:
        run(
            folder, work, as_json=as_json, otherwise=otherwise, in_an_emergency=in_an_emergency,
            by_what_serves=by_what_serves, tells=tells,
        )  # fmt: skip
    codes: dict[str, Exit] = {}
    documents: dict[str, dict[str, Any]] = {}
    interrupts = Interrupts()
    for name, where in apps.items():
        click.secho(f"{name}  ({where})", bold=True, err=True)
        whole = in_app(
            where, work, as_json=as_json, in_an_emergency=in_an_emergency, by_what_serves=by_what_serves, tells=tells
        )
        with gathered() as told:
            codes[name] = ended(whole, as_json=as_json, otherwise=otherwise, interrupts=interrupts)
        documents.update((name, document) for document in told)
        if interrupts.count or codes[name] is Exit.INTERRUPTED:
            break
    first = next((name for name, code in codes.items() if code), next(iter(codes)))
    if as_json:
        outcome = documents.get(first, {}).get("outcome")
        print_json({**({"outcome": outcome} if outcome else {}), "apps": documents})
    leave(codes[first])
