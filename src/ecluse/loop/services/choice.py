"""Which of the app's services are for a step."""

from __future__ import annotations

from ecluse.model.app import Step
from ecluse.model.service import Service


def services_for(step: Step, declared: tuple[Service, ...]) -> tuple[Service, ...]:
    """Tests find all, checks none, unless the step says which."""
    if step.services is None:
        return declared if step.group == "test" else ()
    return tuple(service for service in declared if service.name in step.services)
