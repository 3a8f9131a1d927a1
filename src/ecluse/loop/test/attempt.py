"""One attempt at a step: its own tree, its command, its evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TypeVar

from ecluse.engine.place import leave_place
from ecluse.engine.plan import Outcome
from ecluse.loop.code.checkout import Checkout, compose
from ecluse.loop.code.workplace import Workplace, remove_tree
from ecluse.loop.services.choice import services_for
from ecluse.loop.services.scratch import Scratch
from ecluse.loop.test.addopts import NOTHING_ADDED, addopts
from ecluse.loop.test.cache.kept import Kept, Made
from ecluse.loop.test.evidence import Listed, Ran, judge
from ecluse.loop.test.judged import Judged
from ecluse.loop.test.outputs import clear_reports, collect, read_report, reports
from ecluse.loop.test.pythons import Environments
from ecluse.loop.test.reaching import Outfit
from ecluse.loop.test.surroundings import step_environment
from ecluse.model.app import Gates, Step
from ecluse.model.ids import StepName, path_name
from ecluse.model.redaction import masked, unmaskable
from ecluse.model.secret import Secret
from ecluse.model.service import Service
from ecluse.model.values import frozen
from ecluse.ports.commands import Command, Finished
from ecluse.ports.locks import TakenError
from ecluse.ports.world import World

Result = TypeVar("Result")

_FEW_FILES = 16
LOOK_AGAIN = 0.2
"""Seconds between two tries to get a lock that another run has."""


@frozen
class Stage:
    """What the steps of one run share. `environments` are the virtual ones, `logs` the run's log folder, `veiled` what
    they must not see, by the environment that they run in."""

    run: str
    checkout: Checkout
    environments: Environments
    place: Workplace
    logs: Path
    gates: Gates
    secrets: Mapping[str, Secret]
    veiled: Mapping[Path, Path | None]
    services: Scratch
    declared: tuple[Service, ...] = ()
    """What the manifest declares of services; a step finds those that are for it."""
    outfits: Mapping[StepName, Outfit] = field(default_factory=dict)
    """Of the steps that work on hosts; the others run their command."""
    known: Mapping[StepName, frozenset[str]] = field(default_factory=dict)
    """Of each step that has such a list, the tests that are known to fail."""
    lenient: bool = False
    """Whether what the security gate could not check stops nothing."""
    kept: Kept | None = None
    """Where results go that needn't be found again; None where nothing is kept."""

    @property
    def hidden(self) -> tuple[str, ...]:
        return (*(secret.reveal() for secret in self.secrets.values()), *self.services.passwords)

    @property
    def outputs(self) -> Path:
        """A folder for each step that has some."""
        return self.place.folder / "outputs"

    def outputs_of(self, step: str) -> Path:
        return self.outputs / path_name(step)

    def services_of(self, step: Step) -> Scratch:
        return self.services.apart(path_name(step.name)) if step.of else self.services


class Attempts:
    """The action of a step's node; each call is another attempt, from a fresh tree, with a log of its own."""

    def __init__(self, step: Step, needs: tuple[str, ...], stage: Stage) -> None:
        self._step = step
        self._needs = needs
        self._stage = stage
        self._count = 0
        self._name = ""
        """Of this attempt, as part of paths."""
        self._failed_before: frozenset[str] = frozenset()
        self._reports: list[Path] = []
        self._log = Path()
        self._logs: list[Path] = []

    @property
    def logs(self) -> Sequence[Path]:
        """Of all attempts but one that passed at once and printed nothing."""
        return self._logs

    async def __call__(self, world: World) -> Outcome:
        self._stage.environments.of(self._step)
        self._count += 1
        self._name = path_name(self._step.name) + (f".{self._count}" if self._count > 1 else "")
        self._log = self._stage.logs / f"{self._name}.log"
        give_back = await self._locked(world) if self._step.locks else _nothing
        try:
            return await self._attempt(world)
        finally:
            give_back()
            if self._step.of:
                await self._stage.services.leave(path_name(self._step.name))

    async def _locked(self, world: World) -> Callable[[], None]:
        """Wait until no other run has one of its locks. Of this run no other step has one: the engine sees to that."""
        told = f"the run {self._stage.run} ({self._step.name})"
        said = ""
        while True:
            try:
                return world.locks.take(self._step.locks, told)
            except TakenError as taken:
                what = f"waits for the lock {taken.lock}, which {taken.by or 'somebody else'} has"
            if what != said:
                world.reporter.note(f"{self._step.name} {what}")
                said = what
            world.reporter.waits(self._step.name, what)
            await world.clock.sleep(LOOK_AGAIN)

    async def _attempt(self, world: World) -> Outcome:
        began = world.clock.monotonic()
        services = self._stage.services_of(self._step)
        await services.provide(services_for(self._step, self._stage.declared))
        place = self._stage.place
        given = self._given()
        finds_nothing = self._step.inputs == () and not given
        tree = place.empties.lend() if finds_nothing else place.make_tree(self._name)
        scratch = place.homes.lend()
        command = self._command(tree, scratch, world)
        try:
            if not finds_nothing:
                await self._aside(self._prepare, given, tree)
            finished = await world.commands.run(command)
            await leave_place()
            self._keep_log(finished)
            ran = await self._aside(self._gather, finished, tree, command.env)
        finally:
            now = world.clock.monotonic()
            place.homes.take(scratch, now)
            if finds_nothing:
                place.empties.take(tree, now)
            else:
                place.discard(tree)
        judged = self._judge(ran)
        if judged.passed and self._count == 1 and (kept := self._stage.kept):
            # Before it is said that it passed: whoever is killed then finds it kept.
            aside = self._aside if kept.is_near else _in_thread
            await aside(kept.put, self._step, judged, self._made(began, world))
        return Outcome(passed=judged.passed, result=judged)

    def _keep_log(self, finished: Finished) -> None:
        """An empty one is worth its file only where somebody will look for it."""
        if finished.ok and self._count == 1 and not finished.output:
            return
        if not finished.output:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.touch()
        self._logs.append(self._log)

    def _made(self, began: float, world: World) -> Made:
        stage = self._stage
        return Made(
            papers=(*self._logs, *self._reports),
            outputs=stage.outputs_of(self._step.name) if self._step.outputs else None,
            commit=stage.checkout.commit,
            at=world.clock.now().isoformat(timespec="seconds"),
            seconds=world.clock.monotonic() - began,
        )

    def _judge(self, ran: Ran) -> Judged:
        """A listed test that failed once and passes at another attempt is as unsure as before."""
        known = self._stage.known.get(self._step.name, frozenset())
        listed = Listed(known=known, failed_before=self._failed_before)
        judged = judge(self._step, ran, self._stage.gates, listed)
        self._failed_before |= frozenset(judged.known)
        return judged

    def masked(self, text: str) -> str:
        return masked(text.encode(errors="surrogateescape"), self._stage.hidden).decode(errors="replace")

    async def _aside(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Work with files, in a thread unless it is less than the way there and back."""
        return work(*arguments) if self._light else await _in_thread(work, *arguments)

    @property
    def _light(self) -> bool:
        step = self._step
        files = 0 if step.inputs == () else len(self._stage.checkout.files)
        return files <= _FEW_FILES and not (step.outputs or step.evidence.junit or step.evidence.coverage)

    def _command(self, tree: Path, scratch: Path, world: World) -> Command:
        step, stage = self._step, self._stage
        outfit = stage.outfits.get(step.name) or Outfit(step.command)
        environment = stage.environments.of(step)
        env = step_environment(
            step,
            reach=outfit.env,
            program=outfit.path,
            run=stage.run,
            commit=stage.checkout.commit,
            environment=environment,
            scratch=scratch,
            passed=world.env,
            secrets=stage.secrets,
            addresses=stage.services_of(step).variables(services_for(step, stage.declared)),
        )
        return Command(
            argv=outfit.argv,
            folder=tree / step.folder if step.folder != "." else tree,
            env=env,
            timeout=step.timeout,
            log=self._log,
            on_output=lambda text: world.reporter.line(step.name, text),
            secrets=stage.hidden,
            veiled=stage.veiled.get(environment),
            shown=(world.home, stage.place.folder, stage.place.scratch),
        )

    def _given(self) -> list[Path]:
        """What the steps that it needs have handed over."""
        return [outputs for need in self._needs if (outputs := self._stage.outputs_of(need)).exists()]

    def _prepare(self, given: Sequence[Path], tree: Path) -> None:
        compose(self._stage.checkout, self._step.inputs, given, tree)
        clear_reports(self._step, tree)

    def _gather(self, finished: Finished, tree: Path, env: Mapping[str, str]) -> Ran:
        """Reports are kept beside the log. An output that is missing is no news when the command has failed."""
        step, stage = self._step, self._stage
        if self._count > 1:
            remove_tree(stage.outputs_of(step.name))
        faults = collect(step, tree, stage.outputs_of(step.name), stage.hidden) if step.outputs else ()
        return Ran(
            finished=finished,
            junit=self._keep_reports(tree, step.evidence.junit),
            coverage=next(iter(self._keep_reports(tree, step.evidence.coverage)), None),
            addopts=addopts(tree, step.folder, env) if step.evidence.junit else NOTHING_ADDED,
            faults=faults if finished.ok else (),
            unmasked=unmaskable((name, stage.secrets[name].reveal()) for name in step.secrets),
            masked=self.masked if stage.hidden else str,
        )

    def _keep_reports(self, tree: Path, pattern: str) -> tuple[bytes, ...]:
        """The reports as they are. Kept is what may be shown of them: a failure's message can hold a secret."""
        found = reports(self._step, tree, pattern)
        names = [path.name for path in found]
        kept = []
        for path in found:
            within = path.relative_to(tree / self._step.folder)
            name = path.name if names.count(path.name) == 1 else "-".join(within.parts)
            paper = self._stage.logs / f"{path_name(self._step.name)}.{name}"
            kept.append(read_report(path, within))
            paper.parent.mkdir(parents=True, exist_ok=True)
            paper.write_bytes(masked(kept[-1], self._stage.hidden))
            self._reports.append(paper)
        return tuple(kept)


async def _in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Finished when this returns, also when we are cancelled: what comes next removes what it wrote."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _nothing() -> None:
    """Of a step without locks."""
