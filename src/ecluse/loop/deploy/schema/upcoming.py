"""Which migrations a ship would run, by its commit's files and by what is remembered: no target is asked."""

from __future__ import annotations

from ecluse.loop.build.remembered import kept_bundle
from ecluse.loop.deploy.schema.files import of_bundle, of_commit
from ecluse.loop.deploy.schema.migration import Tool, names
from ecluse.loop.deploy.schema.tools import tool_of
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.ids import Commit, Digest
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Upcoming:
    """`name` is that of a migration, or the command where it isn't known what it does. `contract`: why there is no way
    back from it; `unclear`: why its effect on the release before isn't known; empty both: it only adds."""

    name: str
    contract: str = ""
    unclear: str = ""


async def upcoming(wanted: Wanted, commit: Commit, world: World) -> tuple[Upcoming, ...]:
    """In the order of their names. What packages bring isn't among them."""
    command = wanted.app.migrate
    tool = tool_of(command)
    if tool is None:
        why = "what this command does to the data isn't known"
        return (Upcoming(name=" ".join(command), unclear=why),) if command else ()
    had = _had(wanted, tool, world)
    return tuple(
        Upcoming(name=one.name, contract="; ".join(one.effects.contracts), unclear="; ".join(one.effects.unclear))
        for one in tool.read(await of_commit(commit, tool.matters, world.source))
        if one.name not in had
    )


def _had(wanted: Wanted, tool: Tool, world: World) -> frozenset[str]:
    """What was recorded, and what the release that serves knows."""
    here = known(world, wanted.environment.name)
    recorded = frozenset(one.name for one in here.migrations)
    serving = world.ledger.state().releases.get(here.serving)
    if serving is None:
        return recorded
    try:
        files = of_bundle(kept_bundle(Digest(serving.bundle), world.store), tool.matters, world.store)
    except KeyError:
        return recorded
    return recorded | names(tool.read(files))
