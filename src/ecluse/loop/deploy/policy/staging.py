"""There first: the same bundle was committed in another environment, and wasn't taken back."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.model.history import DeploymentKnown, EnvironmentKnown, ReleaseKnown
from ecluse.model.release import Release
from ecluse.model.verdict import Answer, Verdict

GATE = "policy.staging"


def staging(first: EnvironmentKnown, releases: Mapping[str, ReleaseKnown], release: Release) -> Verdict:
    """`first` is what is known of the environment to pass; its newest deployment of the bundle decides."""
    index = next((at for at, one in enumerate(first.deployments) if _is_same(one, releases, release)), None)
    fix = f"ecluse deploy {first.name} --release {release.version}"
    if index is None:
        never = f"{release.version} ({release.bundle[:19]}) was not deployed to {first.name}"
        return Verdict(gate=GATE, answer=Answer.FAILED, evidence=(never,), fix=fix)
    deployed, later = first.deployments[index], first.deployments[:index]
    flaw = _flaw(deployed, later)
    at = deployed.ended_at or deployed.started_at
    fact = f"{deployed.version} in {first.name} at {at.isoformat(timespec='minutes')}: {flaw or deployed.outcome}"
    answer = Answer.FAILED if flaw else Answer.PASSED
    return Verdict(gate=GATE, answer=answer, evidence=(fact,), fix=fix if flaw else "")


def _is_same(deployed: DeploymentKnown, releases: Mapping[str, ReleaseKnown], release: Release) -> bool:
    """Another version of the same bundle is the same bytes."""
    known = releases.get(deployed.release)
    return known is not None and known.bundle == release.bundle


def _flaw(deployed: DeploymentKnown, later: tuple[DeploymentKnown, ...]) -> str:
    """What came after counts too: somebody who rolled back away from it had a reason."""
    if deployed.outcome != "committed":
        return f"{deployed.outcome}, {deployed.why}" if deployed.why else deployed.outcome
    after = next((one for one in reversed(later) if one.outcome == "committed"), None)
    if after is not None and after.verb == "rollback":
        return f"taken back by {after.actor or 'somebody'}, who rolled back to {after.version}"
    return ""
