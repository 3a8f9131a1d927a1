"""`ecluse build`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ecluse.cli import options, session
from ecluse.loop.build.bundle import build, known_bundle
from ecluse.loop.build.exposed import env_files
from ecluse.model.artifact import Bundle
from ecluse.model.counted import counted
from ecluse.model.ids import Commit
from ecluse.model.problem import Exit


@click.command(epilog="Examples:  ecluse build    ecluse build --commit v1.4.0    ecluse build --json | jq .digest")
@click.option("--commit", "revision", default="HEAD", show_default=True, help="What to build.")
@click.option("--dirty", is_flag=True, help="The working tree as it lies.")
@options.dry_run
@options.as_json
@options.folder
def command(revision: str, *, dirty: bool, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Make the bundle of a commit: its tree and its locked wheels, named by their digest. Nothing is deployed."""

    async def work(at: session.Session) -> Exit:
        world, began = at.world, at.world.clock.monotonic()
        there, commit = await at.at(revision, dirty=dirty)
        as_it_lies = dirty and await world.source.is_dirty()
        if dry_run:
            return planned(at, commit, None if as_it_lies else known_bundle(there.app, world, commit), dirty=as_it_lies)
        bundle, made = await build(there.app, world, commit=commit, dirty=as_it_lies)
        world.ledger.append(*made)
        exposed = env_files(bundle, world.store)
        seconds = world.clock.monotonic() - began
        at.answer({**document(bundle, seconds, known=not made), "exposed": list(exposed.evidence) if exposed else []})
        if not as_json:
            click.echo(told(bundle, seconds, known=not made))
        if exposed and not as_json:
            click.secho(f"  ! {'; '.join(exposed.evidence)}: {exposed.fix}", fg="yellow", err=True)
        return Exit.DONE

    session.run(folder, work, as_json=as_json)


def planned(at: session.Session, commit: Commit, known: Bundle | None, *, dirty: bool) -> Exit:
    at.answer({"outcome": "planned", "commit": commit, "dirty": dirty, "digest": known.digest if known else None})
    if not at.as_json:
        tree = "the working tree" if dirty else commit[:12]
        click.echo(f"{known.digest} is there already" if known else f"would build {tree}")
    return Exit.DONE


def document(bundle: Bundle, seconds: float, *, known: bool) -> dict[str, Any]:
    return {
        "outcome": "unchanged" if known else "built",
        "digest": bundle.digest,
        "commit": bundle.commit,
        "dirty": bundle.dirty,
        "files": len(bundle.files),
        "wheelhouses": [
            {
                "python": house.python,
                "machine": house.machine,
                "libc": house.libc,
                "digest": house.digest,
                "wheels": [wheel.name for wheel in house.app],
                "server": [wheel.name for wheel in house.server],
                "built_here": [wheel.name for wheel in (*house.app, *house.server) if wheel.built],
            }
            for house in bundle.wheelhouses
        ],
        "seconds": round(seconds, 3),
    }


def told(bundle: Bundle, seconds: float, *, known: bool) -> str:
    house = bundle.wheelhouses[0]
    wheels = len(house.app) + len(house.server)
    dirty = " and what is not committed" if bundle.dirty else ""
    how = "is there already" if known else f"built in {seconds:.1f} s"
    return (
        f"{bundle.digest}  {how}\n"
        f"  commit {bundle.commit[:12]}{dirty}, {counted(len(bundle.files), 'file')}\n"
        f"  {counted(wheels, 'wheel')} for Python {house.python}, {house.machine}, {house.libc}"
    )
