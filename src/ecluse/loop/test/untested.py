"""Whether any test stands between a commit and an environment. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ecluse.model.app import App, Step
from ecluse.model.verdict import Answer, Verdict

TESTS = "tests"
GROUP = "test"
MEND = "mend what is said, and let it be a gate"
DECLARE = 'give the step that runs the tests `group = "test"` and a `junit` report'


def untested(app: App, gates: Collection[str]) -> Verdict | None:
    """What is said when none of `gates` runs tests; None when one does. It stops nothing, and is no pass."""
    steps = [step for step in app.steps if step.group == GROUP or step.evidence.junit]
    if any(step.name in gates for step in steps):
        return None
    return Verdict(
        gate=TESTS,
        answer=Answer.NOT_CHECKED,
        is_required=False,
        evidence=tuple(reasons(steps)) or ("the manifest declares no step of the group `test`",),
        fix=MEND if steps else DECLARE,
    )


def reasons(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        if step.gate:
            yield f"the environment's `gates` don't name {step.name}"
        else:
            yield f"{step.name} is no gate{f': {step.why_off}' if step.why_off else ''}"
