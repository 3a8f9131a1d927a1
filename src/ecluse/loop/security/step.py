"""The gate as a step of the pipeline: its tree, its reports, its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ecluse.engine.plan import Outcome
from ecluse.loop.code.checkout import reader
from ecluse.loop.code.globs import chosen
from ecluse.loop.code.trees import copy_files
from ecluse.loop.code.workplace import remove_tree
from ecluse.loop.security.gate import gate, listed_in
from ecluse.loop.security.ground import Ground
from ecluse.loop.security.judging import Judgement
from ecluse.loop.security.report import documents
from ecluse.loop.test.attempt import Stage
from ecluse.loop.test.cache.kept import Made
from ecluse.loop.test.judged import Judged
from ecluse.model.app import App, Step
from ecluse.model.finding import legible
from ecluse.model.redaction import masked
from ecluse.model.security import SecurityPolicy
from ecluse.model.verdict import Answer
from ecluse.ports.world import World


class SecurityGate:
    """The action of its node. `lenient`: what is not checked is said, and stops nothing."""

    def __init__(self, step: Step, policy: SecurityPolicy, app: App, stage: Stage, *, lenient: bool) -> None:
        self._step, self._policy, self._app, self._stage = step, policy, app, stage
        self._lenient = lenient

    @property
    def log(self) -> Path:
        return self._stage.logs / f"{self._step.name}.log"

    @property
    def logs(self) -> tuple[Path, ...]:
        """It has one attempt."""
        return (self.log,)

    async def __call__(self, world: World) -> Outcome:
        began = world.clock.monotonic()
        folder = self._stage.place.folder / "security"
        try:
            ground = await asyncio.to_thread(self._prepare, folder, world)
            judgement = await gate(ground)
        finally:
            await asyncio.to_thread(remove_tree, folder)
        papers = await asyncio.to_thread(self._write, judgement, listed_in(ground.files))
        judged = self._judged(judgement)
        if judged.answer is Answer.PASSED and (kept := self._stage.kept):
            await asyncio.to_thread(kept.put, self._step, judged, self._made(papers, began, world))
        return Outcome(passed=judged.passed, result=judged)

    def _prepare(self, folder: Path, world: World) -> Ground:
        checkout = self._stage.checkout
        gone = frozenset(chosen(checkout.files, self._policy.exclude))
        # What a link leads to is a file of its own, or none of the commit's.
        files = tuple(path for path in checkout.files if path not in gone and not (checkout.folder / path).is_symlink())
        tree, scratch = folder / "tree", folder / "scratch"
        scratch.mkdir(parents=True)
        tree.mkdir()
        copy_files(checkout.folder, files, tree)
        return Ground(
            app=self._app, policy=self._policy, world=world, checkout=checkout, tree=tree, files=files,
            text=reader(tree), scratch=scratch, hidden=self._stage.hidden,
        )  # fmt: skip

    def _judged(self, judgement: Judgement) -> Judged:
        answer = judgement.answer
        is_required = not (self._lenient and answer is Answer.NOT_CHECKED)
        return Judged(
            passed=answer is Answer.PASSED or not is_required, evidence=judgement.evidence, answer=answer,
            is_required=is_required,
        )  # fmt: skip

    def _write(self, judgement: Judgement, listed: str) -> tuple[Path, ...]:
        """The reports as outputs and among the run's papers, and a log for people."""
        stage, name = self._stage, self._step.name
        stage.logs.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{legible(line)}\n" for line in told(judgement)).encode()
        self.log.write_bytes(masked(text, stage.hidden))
        papers = [self.log]
        made = documents(judgement, stage.checkout.commit, listed)
        for output in self._step.outputs:
            data = masked(made[PurePosixPath(output).name], stage.hidden)
            target = stage.outputs_of(name) / output
            paper = stage.logs / f"{name}.{target.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            for path in (target, paper):
                path.write_bytes(data)
            papers.append(paper)
        return tuple(papers)

    def _made(self, papers: tuple[Path, ...], began: float, world: World) -> Made:
        return Made(
            papers=papers,
            outputs=self._stage.outputs_of(self._step.name),
            commit=self._stage.checkout.commit,
            at=world.clock.now().isoformat(timespec="seconds"),
            seconds=world.clock.monotonic() - began,
        )


def told(judgement: Judgement) -> Iterator[str]:
    """All of it, for people."""
    yield from judgement.evidence
    for one in judgement.stopping:
        yield f"[{one.fingerprint}] {one.severity} {one.scanner} {one.rule} {one.where}: {one.message} {one.url}"
    for missed in judgement.open:
        yield f"[{missed.fingerprint}] not checked {missed.scanner}, {missed.where}: {missed.why}"
    for one in judgement.minor:
        yield f"[{one.fingerprint}] minor: {one.severity} {one.scanner} {one.rule} {one.where}: {one.message}"
    for found, entry in judgement.accepted:
        yield f"[{found.fingerprint}] accepted until {entry.until} by {entry.who}: {found.where}: {entry.reason}"
