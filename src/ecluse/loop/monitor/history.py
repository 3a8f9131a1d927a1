"""What was deployed, newest first. Read from the ledger alone: it needs no target."""

from __future__ import annotations

from typing import Any

from ecluse.model.history import DeploymentKnown, OverrideKnown
from ecluse.model.values import frozen
from ecluse.ports.ledger import Ledger


@frozen
class Entry:
    """A deployment with what is known of its release."""

    deployment: DeploymentKnown
    commit: str
    """Empty when the ledger doesn't know the release."""

    @property
    def seconds(self) -> float | None:
        """None while it is open."""
        ended = self.deployment.ended_at
        return None if ended is None else (ended - self.deployment.started_at).total_seconds()


@frozen
class Timeline:
    """A page of deployments, newest first."""

    entries: tuple[Entry, ...]
    further: int | None
    """Where the next page begins (`before`), or None at the end."""


def timeline(ledger: Ledger, *, environment: str | None, before: int | None, limit: int) -> Timeline:
    found = ledger.deployments(environment=environment, before=before, limit=limit + 1)
    releases = ledger.state().releases
    entries = tuple(
        Entry(deployment=one, commit=releases[one.release].commit if one.release in releases else "")
        for one in found[:limit]
    )
    return Timeline(entries=entries, further=entries[-1].deployment.number if len(found) > limit else None)


def document(shown: Timeline) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {"deployments": [_entry(entry) for entry in shown.entries], "before": shown.further}


def _entry(entry: Entry) -> dict[str, Any]:
    known = entry.deployment
    return {
        "number": known.number,
        "deployment": known.id,
        "environment": known.environment,
        "when": known.started_at.isoformat(),
        "verb": known.verb,
        "version": known.version,
        "release": known.release,
        "commit": entry.commit,
        "slot": known.slot,
        "outcome": known.outcome,
        "seconds": None if entry.seconds is None else round(entry.seconds, 3),
        "who": known.actor,
        "why": known.why,
        "reason": known.why,
        "override": _override(known.overridden),
        "moves": [
            {"what": move, "when": at.isoformat(), "seconds": round(seconds, 3), "detail": detail}
            for move, at, seconds, detail in known.moves
        ],
    }


def _override(known: OverrideKnown | None) -> dict[str, Any] | None:
    return {"by": known.by, "why": known.why, "policies": list(known.policies)} if known else None
