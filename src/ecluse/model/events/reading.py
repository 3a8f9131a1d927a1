"""Events from what the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

from ecluse.model.events.event import Event, Unknown

_SUBJECTS = {
    "runs": ("RunStarted", "RunEnded", "StepEnded"),
    "releases": ("BundleBuilt", "ReleaseMade", "ReleaseIntended", "ReleasePublished"),
    "deployments": (
        "DeploymentStarted",
        "WheelhouseChosen",
        "MoveMade",
        "MigrationsRun",
        "GateAnswered",
        "DeploymentCommitted",
        "DeploymentStuck",
        "HostEnded",
        "DeploymentReverted",
    ),
    "policies": ("PolicyAnswered", "ReleaseApproved", "PolicyOverridden"),
    "environments": (
        "LeaseTaken",
        "LeaseBroken",
        "EnvironmentStopped",
        "DifferenceSeen",
        "HostDrained",
        "HostUndrained",
    ),
    "tickets": ("TicketsNamed", "TicketTold", "TicketPutOff", "TrackerFailed"),
}
KINDS: Mapping[str, str] = {kind: subject for subject, kinds in _SUBJECTS.items() for kind in kinds}
"""All that there are, and the module that has each."""


def kind_of(name: str) -> type[Event] | None:
    """None for that of a newer version."""
    subject = KINDS.get(name)
    if subject is None:
        return None
    found: type[Event] = getattr(import_module(f"ecluse.model.events.{subject}"), name)
    return found


def named(event: Event) -> tuple[str, Mapping[str, Any]]:
    """The kind and the data that `from_json` takes."""
    return (event.kind, event.data) if isinstance(event, Unknown) else (type(event).__name__, event.to_json())


def from_json(kind: str, data: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote. Keys of a newer version are dropped; an unknown kind stays readable."""
    known = kind_of(kind)
    if known is None:
        return Unknown(environment=str(data.get("environment", "")), kind=kind, data=dict(data))
    names = {item.name for item in fields(known)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in names
    }
    return known(**values)
