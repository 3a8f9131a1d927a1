"""The manifest's steps at a commit: what is known to pass is said again, the rest is run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.loop.test.cache.recall import Around, Recall
from ecluse.loop.test.concluding import concluded, repeated, skipped
from ecluse.loop.test.missing import require_files
from ecluse.loop.test.select import select
from ecluse.model.app import App, Step
from ecluse.model.ids import Commit, path_name
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.test.affected import Skips
    from ecluse.loop.test.handover import Handover


async def run_steps(
    app: App,
    world: World,
    *,
    commit: Commit,
    dirty: bool = False,
    names: Sequence[str] | None = None,
    only: bool = False,
    jobs: int | None = None,
    fail_fast: bool = False,
    fresh: bool = False,
    environment_secrets: Mapping[str, Secret] | None = None,
    run: str | None = None,
    artifacts: Path | None = None,
    since: str | None = None,
    lenient: bool = False,
) -> tuple[Verdict, ...]:
    """Run steps at `commit` (or the working tree when `dirty`) and return a verdict for each, in manifest order.

    `names` None: all. Otherwise those and what they need, or just those when `only`. What passed before with the same
    inputs isn't run again, unless `fresh`; nothing is kept of a working tree. A coverage verdict follows when
    the manifest asks for one and a step that measures was among them. Logs lie in `home/logs/runs/<run>/`.
    `lenient`: what the security gate could not check is said, and stops nothing.
    `artifacts`: a folder where outputs of needs that aren't run are taken from, and outputs and reports are left.
    `since`: steps are skipped that no change since that revision is for (empty: since each passed last). None, as for a
    ship: whatever has changed, what isn't known to pass is run.
    Cancelled: what ran is ended and recorded, then CancelledError goes on.
    """
    steps = select(app.steps, names, only=only)
    if not steps:
        return ()
    _require_measured(app)
    run = run or world.ids.new("run")
    logs = world.home / "logs" / "runs" / run
    secrets = _granted(steps, environment_secrets or {})
    skips = await _skips(app, steps, world, commit, since, artifacts, dirty=dirty)
    passed_by = skips.names(None) if skips else {}
    handover = _handover(artifacts, app, [step for step in steps if step.name not in passed_by], commit)
    around = Around(steps=select(app.steps, names), given=handover.given) if handover else None
    recall = None
    if not dirty:
        recall = await Recall.of(app, steps, world, commit=commit, run=run, secrets=secrets, fresh=fresh, around=around)
    await require_files(steps, world, commit, recall.entries if recall else None)
    if skips:
        passed_by = skips.names(recall)
    if recall and recall.has(steps, passed_by) and (handover is None or _handed_over(handover, steps, recall, logs)):
        known = {**repeated(recall, logs, run, world), **skipped(passed_by, handover, run, world)}
        return concluded(app, steps, known, (), recall, run, world)
    from ecluse.loop.test.running import Wanted, run_wanted  # noqa: PLC0415  where all is known nothing is run

    wanted = Wanted(
        app=app,
        steps=steps,
        commit=commit,
        dirty=dirty,
        run=run,
        logs=logs,
        secrets=secrets,
        recall=recall,
        skips=skips,
        handover=handover,
        jobs=jobs,
        fail_fast=fail_fast,
        lenient=lenient,
    )
    return await run_wanted(wanted, world)


async def _skips(
    app: App, steps: Sequence[Step], world: World, commit: Commit, since: str | None, artifacts: Path | None, *,
    dirty: bool,
) -> Skips | None:  # fmt: skip
    """None where nothing may be skipped: a working tree has changed in ways that no commit knows."""
    if since is None or dirty or all(step.paths is None for step in steps):
        return None
    from ecluse.loop.test.affected import Skips  # noqa: PLC0415

    return await Skips.of(app, steps, world, commit=commit, since=since, apart=artifacts is not None)


def _handover(artifacts: Path | None, app: App, running: Sequence[Step], commit: Commit) -> Handover | None:
    if artifacts is None:
        return None
    from ecluse.loop.test.handover import Handover  # noqa: PLC0415

    return Handover.of(artifacts, app.steps, running, commit)


def _handed_over(handover: Handover, steps: Sequence[Step], recall: Recall, logs: Path) -> bool:
    """Hand over what is known of all `steps`. False if something can't be had after all: then that has to run."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as folder:
        known = [step for step in steps if step.name in recall.hits]
        recall.restore_all(Path(folder))
        if any(step.name not in recall.hits for step in known):
            return False
        for step in known:
            recall.bring_papers(recall.hits[step.name], logs)
            outputs = Path(folder) / path_name(step.name)
            handover.leave(step, outputs, recall.stamp(step.name))
            handover.leave_findings(step, outputs)
            handover.leave_papers(step.name, logs, [other.name for other in steps])
    return True


def _require_measured(app: App) -> None:
    if app.gates.coverage is None or any(step.evidence.coverage for step in app.steps):
        return
    raise ProblemError(
        Problem(
            code="E017",
            what=f"[gates] asks for {app.gates.coverage:g} % coverage, and no step leaves a coverage report",
            fix='let the test step run `coverage json` and add coverage = "coverage.json" to it',
        )
    )


def _granted(steps: Sequence[Step], secrets: Mapping[str, Secret]) -> dict[str, Secret]:
    """Only what a step of this run asks for: an env file's other values aren't here, so they can't be printed."""
    names = {name for step in steps for name in step.secrets}
    return {name: secret for name, secret in secrets.items() if name in names}
