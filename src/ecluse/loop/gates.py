"""The gates that a ship and a deploy ask: which steps they are, and what stops."""

from __future__ import annotations

from ecluse.loop.build.exposed import env_files
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.test.untested import untested
from ecluse.loop.test.verdicts import event_of
from ecluse.model.app import App
from ecluse.model.artifact import Bundle
from ecluse.model.ids import StepName
from ecluse.model.problem import Exit, Problem
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


def gates_of(wanted: Wanted) -> tuple[StepName, ...]:
    """The steps that the environment wants passed: those it names, else every one that is a gate. One that works on
    hosts works on those of its own environment, and is a gate of that alone. The security gate is one beyond `local`
    whatever the environment names."""
    named, here = wanted.environment.gates, {"", wanted.environment.name}
    if named is not None:
        built_in = () if is_lenient(wanted) else tuple(step.name for step in wanted.app.steps if step.builtin)
        return tuple(dict.fromkeys((*named, *built_in)))
    return tuple(step.name for step in wanted.app.steps if step.gate and step.hosts in here)


def is_lenient(wanted: Wanted) -> bool:
    """Whether what could not be checked stops nothing: on this machine alone, where nobody else is served."""
    return wanted.environment.name == "local"


def said_untested(app: App, gates: tuple[StepName, ...], run: str, world: World) -> tuple[Verdict, ...]:
    """That no test was a gate is in the answer and in the ledger, each time."""
    verdict = untested(app, gates)
    if verdict is None:
        return ()
    world.ledger.append(event_of(verdict, run))
    world.reporter.note(f"! not tested: {'; '.join(verdict.evidence)}")
    return (verdict,)


def said_exposed(bundle: Bundle, wanted: Wanted, run: str, world: World) -> Verdict | None:
    """That env files go along is in the answer and in the ledger, each time."""
    verdict = env_files(bundle, world.store, wanted.environment)
    if verdict is not None:
        world.ledger.append(event_of(verdict, run))
        world.reporter.note(f"! {'; '.join(verdict.evidence)}")
    return verdict


def stopped_by(verdicts: tuple[Verdict, ...]) -> Problem | None:
    failed = [verdict for verdict in verdicts if verdict.stops]
    if not failed:
        return None
    return Problem(
        code="E020",
        what=f"stopped by {', '.join(verdict.gate for verdict in failed)}",
        evidence=tuple(f"{verdict.gate}: {fact}" for verdict in failed for fact in verdict.evidence),
        state="nothing was built, released or deployed; what served before serves",
        fix=f"read {failed[0].log or 'the evidence'}, mend, commit, and ship again",
        exit=Exit.REFUSED,
    )
