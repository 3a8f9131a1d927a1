"""The notes of a release: our own, or git-cliff's where the repository has settings of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ecluse.loop.release.make import PlannedRelease
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.ports.source import Source
from ecluse.ports.world import World

SETTINGS = "cliff.toml"
PATIENCE = timedelta(minutes=2)


async def with_notes(
    planned: PlannedRelease, prefix: str, source: Source, world: World, folder: Path
) -> PlannedRelease:
    """`folder` is private. git-cliff is asked about the commits since the release before, with the settings of the
    commit, and nothing of the network. It fails: ProblemError R032."""
    settings = await world.source.read(planned.commit, SETTINGS)
    if settings is None:
        return planned
    if source is not world.source:
        world.reporter.note(f"! {SETTINGS} is passed over: this clone isn't whole, and git-cliff reads it")
        return planned
    config = folder / SETTINGS
    config.write_bytes(settings)
    program = await world.toolbox.program("git-cliff")
    span = f"{prefix}{planned.previous}..{planned.commit}" if planned.previous else planned.commit
    done = await world.commands.run(
        Command(
            argv=(
                str(program), "--offline", "--config", str(config), "--repository", str(world.root),
                "--tag", planned.tag, "--output", str(folder / "notes.md"), span,
            ),
            folder=world.root,
            env={"PATH": world.env.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8"},
            timeout=PATIENCE,
        )
    )  # fmt: skip
    if not done.ok:
        raise ProblemError(_failed(done))
    return replace(planned, notes=(folder / "notes.md").read_text(encoding="utf-8").strip() + "\n")


def _failed(done: Finished) -> Problem:
    return Problem(
        code="R032",
        what=f"git-cliff could not tell what is new, with the {SETTINGS} of the commit",
        evidence=tuple(line for line in done.output.splitlines() if line.strip())[-5:],
        state="nothing was tagged or published",
        fix=f"mend {SETTINGS} and commit it, or remove it: then the notes are Écluse's own",
        exit=Exit.REFUSED,
    )
