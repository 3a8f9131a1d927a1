"""The services of a release, before anything of it runs."""

from __future__ import annotations

from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service
from ecluse.ports.target import Grant, RunsServices, Target
from ecluse.ports.world import World


async def provided(target: Target, grant: Grant, services: tuple[Service, ...], world: World) -> None:
    """Started and answering. Nothing to do without any."""
    if services:
        await running_services(target).provide(grant, services, world.reporter.note)


def running_services(target: Target) -> RunsServices:
    """ProblemError V003 for a target that runs none."""
    if isinstance(target, RunsServices):
        return target
    raise ProblemError(
        Problem(
            code="V003",
            what="this target runs no services",
            fix="add `services = false` to the environment, and hand over the addresses of services that run elsewhere",
        )
    )
