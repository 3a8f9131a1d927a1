"""The migration of a deployment: looked at first, run once for the whole fleet, recorded before and after."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from ecluse.loop.deploy.problems import migration_failed
from ecluse.loop.deploy.schema.files import of_bundle
from ecluse.loop.deploy.schema.migration import Migration, Standing, Tool, heads, names
from ecluse.loop.deploy.schema.tools import tool_of
from ecluse.loop.deploy.work import Done, MoveFailedError, Work, at_one
from ecluse.model.deployment import Leg, Place
from ecluse.model.events.deployments import MigrationsRun
from ecluse.model.history import EnvironmentKnown
from ecluse.ports.target import RanCommand

PATIENCE = timedelta(minutes=1)
"""What the question which migrations are applied may take."""
NOTHING = "nothing to migrate"


async def migrate(work: Work, leg: Leg) -> Done:
    """On its first host. A command that is understood isn't run when the data has all that the release brings."""
    return await Migrating(work, work.deployment.at(leg)[0]).run()


@dataclass(slots=True)
class Migrating:
    """One migration under way. Used once."""

    work: Work
    place: Place
    tool: Tool | None = None
    declared: tuple[Migration, ...] = field(default=())
    """By the release's own files; what its packages bring is known by name only."""

    async def run(self) -> Done:
        command = " ".join(self.work.app.migrate)
        self.tool = tool_of(self.work.app.migrate)
        if self.tool is None:
            await self._command()
            self._record("done")
            return Done(detail=command)
        self.declared = await asyncio.to_thread(self._read, self.tool)
        asked = await self._ask(self.tool)
        before = asked or self._remembered()
        found = self._new_here(before.applied) if asked else ()
        if before.pending or not ((asked and self.tool.is_whole) or self._is_behind()):
            applied = await self._through(self.tool, before.pending, found, is_known=asked is not None)
            return Done(detail=_listed(applied) or command)
        if found:
            self._record("done", found=found)
        return Done(detail=NOTHING)

    async def _through(
        self, tool: Tool, pending: tuple[str, ...], found: tuple[str, ...], *, is_known: bool
    ) -> tuple[str, ...]:
        """What was applied, as far as that is known. After a failure what was begun stands if it can't be told."""
        self._record("begun", applied=pending, found=found)
        if self._known.serving:
            self._warn(pending)
        try:
            await self._command()
        except MoveFailedError:
            if is_known and (after := await self._ask(tool)):
                self._record("failed", applied=_gone(pending, after), found=found)
            raise
        after = await self._ask(tool) if is_known and not tool.is_whole else None
        applied = _gone(pending, after) if after else pending
        self._record("done", applied=applied, found=found)
        return applied

    def _warn(self, pending: tuple[str, ...]) -> None:
        """What it means for the release that serves until the new one does."""
        for name, why in self._contracts(pending).items():
            self.work.world.reporter.note(f"! {name} can't be gone back from: {why}")
        for name, why in self._unclear(pending).items():
            self.work.world.reporter.note(f"! what {name} means for the release before isn't known: {why}")

    async def _command(self) -> None:
        app = self.work.app
        ran = await self._order(app.migrate, app.migrate_timeout)
        if ran.exit_code != 0:
            raise MoveFailedError(migration_failed(app, ran.output, timed_out=ran.timed_out))

    async def _ask(self, tool: Tool) -> Standing | None:
        """None where it can't be known; the command then says by itself what is wrong."""
        if not tool.question:
            return None
        ran = await self._order(tool.question, min(PATIENCE, self.work.app.migrate_timeout), looks=True)
        return tool.answer(ran.output, self.declared) if ran.exit_code == 0 else None

    async def _order(self, argv: tuple[str, ...], within: timedelta, *, looks: bool = False) -> RanCommand:
        work, host = self.work, self.place.host
        asked = work.target(self.place).run(work.lease.grant(), work.running[host], argv, within, looks=looks)
        return await at_one(work, host, asked)

    def _read(self, tool: Tool) -> tuple[Migration, ...]:
        return tool.read(of_bundle(self.work.one.bundle, tool.matters, self.work.world.store))

    @property
    def _known(self) -> EnvironmentKnown:
        name = self.work.one.environment.name
        return self.work.world.ledger.state().environments.get(name) or EnvironmentKnown(name=name)

    def _remembered(self) -> Standing:
        """What the ledger says."""
        had = {one.name for one in self._known.migrations}
        return Standing(
            applied=tuple(one.name for one in self.declared if one.name in had),
            pending=tuple(one.name for one in self.declared if one.name not in had),
        )

    def _is_behind(self) -> bool:
        """Whether the data has migrations of later releases. Alembic would refuse to work on it."""
        had = {one.name for one in self._known.migrations}
        return bool(self.declared) and bool(had - names(self.declared)) and had >= {one.name for one in self.declared}

    def _new_here(self, applied: Iterable[str]) -> tuple[str, ...]:
        """A squashed migration isn't, where those that it replaces are known."""
        had = {one.name for one in self._known.migrations if one.is_certain}
        squashed = {one.name for one in self.declared if one.replaces and had.issuperset(one.replaces)}
        return tuple(name for name in applied if name not in had | squashed)

    def _contracts(self, chosen: Iterable[str]) -> dict[str, str]:
        why = {one.name: one.effects.contracts for one in self.declared}
        return {name: "; ".join(why[name]) for name in chosen if why.get(name)}

    def _unclear(self, chosen: Iterable[str]) -> dict[str, str]:
        why = {one.name: one.effects.unclear for one in self.declared}
        return {name: "; ".join(found) for name in chosen if (found := why.get(name, ("it isn't in the commit",)))}

    def _record(self, outcome: str, applied: tuple[str, ...] = (), found: tuple[str, ...] = ()) -> None:
        release, every = self.work.one.release, (*found, *applied)
        self.work.world.ledger.append(
            MigrationsRun(
                deployment=self.work.deployment.id,
                release=release.id,
                version=release.version,
                outcome=outcome,
                tool=self.tool.name if self.tool else "",
                applied=applied,
                found=found,
                contracts=self._contracts(every),
                unclear=self._unclear(applied),
                heads=heads(self.declared),
                environment=self.work.one.environment.name,
            )
        )


def _gone(pending: tuple[str, ...], after: Standing) -> tuple[str, ...]:
    """Of what was pending, what no longer is."""
    return tuple(name for name in pending if name not in after.pending)


def _listed(applied: tuple[str, ...]) -> str:
    shown = ", ".join(applied[:3])
    return shown if len(applied) <= 3 else f"{shown} and {len(applied) - 3} more"  # noqa: PLR2004
