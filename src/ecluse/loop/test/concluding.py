"""What a run says of its steps, those included that it needn't run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.loop.test.verdicts import event_of, judge_flaky, verdict_again, verdict_skipped
from ecluse.model.app import App, Step
from ecluse.model.ids import StepName
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.test.cache.recall import Recall
    from ecluse.loop.test.handover import Handover
    from ecluse.loop.test.judged import Judged


def repeated(recall: Recall, logs: Path, run: str, world: World) -> dict[str, Verdict]:
    """What is known to pass, as if it had been run: recorded, shown, its log and reports in their place."""
    found: dict[str, Verdict] = {}
    for name, entry in recall.hits.items():
        recall.bring_papers(entry, logs)
        found[name] = verdict_again(entry, logs)
        world.ledger.defer(event_of(found[name], run))
        world.reporter.ended(name, ok=True, detail=" · ".join(("cached", *entry.evidence[:1])))
    return found


def skipped(
    names: Mapping[StepName, str], handover: Handover | None, run: str, world: World
) -> dict[str, Verdict]:  # fmt: skip
    """They report too: what waits for their answer would wait for ever."""
    found: dict[str, Verdict] = {}
    for name, why in names.items():
        found[name] = verdict_skipped(name, why)
        world.ledger.defer(event_of(found[name], run))
        world.reporter.ended(name, ok=True, detail=f"skipped · {why}")
        if handover:
            handover.leave_word(name, why)
    return found


def concluded(
    app: App, steps: Sequence[Step], verdicts: Mapping[str, Verdict], results: Sequence[Judged],
    recall: Recall | None, run: str, world: World,
) -> tuple[Verdict, ...]:  # fmt: skip
    """The verdicts in the steps' order, and that of their coverage."""
    told = [verdicts[step.name] for step in steps]
    if any(step.evidence.coverage for step in steps):
        known = recall.hits.values() if recall else ()
        measured = [*(done.covered for done in results), *(entry.covered for entry in known)]
        skipped = [
            step.name for step in steps if step.evidence.coverage and verdicts[step.name].answer is Answer.SKIPPED
        ]
        from ecluse.loop.test.evidence import judge_coverage  # noqa: PLC0415  whoever has no reports reads none

        coverage = judge_coverage(app.gates, [covered for covered in measured if covered is not None], skipped)
        if coverage:
            world.ledger.append(event_of(coverage, run))
            told.append(coverage)
    if flaky := judge_flaky(app.gates, told):
        world.ledger.append(event_of(flaky, run))
        told.append(flaky)
    if recall and (warning := recall.warning):
        world.ledger.append(event_of(warning, run))
        told.append(warning)
    return tuple(told)
