"""What makes new projects and brings templates to older ones: it needs no manifest, and belongs to the user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.assembly.home import RUNNING, prepare
from ecluse.assembly.tools import toolbox_of
from ecluse.model.values import frozen
from ecluse.system.clock import SystemClock
from ecluse.system.environment import find_cache, read_environment

if TYPE_CHECKING:
    from ecluse.ports.clock import Clock
    from ecluse.ports.founding import Founder
    from ecluse.ports.source import Source
    from ecluse.ports.templates import Templates


@frozen
class Founding:
    templates: Templates
    founder: Founder
    clock: Clock
    source: Source
    """Of the folder that was named."""


@asynccontextmanager
async def founding(folder: Path) -> AsyncIterator[Founding]:
    """In the user's cache, since a project that isn't there yet has no home; so copier is fetched once for all."""
    from ecluse.providers.copier.templates import CopierTemplates  # noqa: PLC0415  two commands need it
    from ecluse.providers.git.founding import GitFounder  # noqa: PLC0415
    from ecluse.providers.git.source import GitSource  # noqa: PLC0415
    from ecluse.providers.uv.scratch import scratch  # noqa: PLC0415
    from ecluse.system.commands import SupervisedRunner  # noqa: PLC0415

    env = read_environment()
    home = find_cache(env)
    prepare(home)
    commands = SupervisedRunner(notes=home / RUNNING)
    try:
        with scratch(home, "template") as work:
            yield Founding(
                templates=CopierTemplates(work, toolbox_of(home, env, commands), commands, env),
                founder=GitFounder(commands, env),
                clock=SystemClock(),
                source=GitSource(folder, commands, env),
            )
    finally:
        commands.close()
