"""Environments that are made by name from one in the manifest, such as one for each request to merge. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import replace

from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName

PLACE = "{instance}"
"""What stands for the instance in a pattern's URL and settings."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


def made_of(pattern: Environment, instance: str) -> Environment:
    """An environment of its own: name, port, data, services. Numbers that follow each other never share a port."""
    return replace(
        pattern,
        name=EnvironmentName(f"{pattern.name}-{instance}"),
        pattern=pattern.name,
        instances=0,
        port=pattern.port + _number(instance) % pattern.instances,
        url=pattern.url.replace(PLACE, instance),
        env={name: value.replace(PLACE, instance) for name, value in pattern.env.items()},
    )


def environment_named(app: App, name: str) -> Environment | None:
    """The one that the manifest declares, or `review-12` of the pattern `review`; of several patterns the longest's."""
    declared = app.environment(name)
    fitting = [] if declared else [one for one in app.patterns if name.startswith(f"{one.name}-")]
    for pattern in sorted(fitting, key=lambda one: len(one.name), reverse=True):
        instance = name.removeprefix(f"{pattern.name}-")
        if _NAME.fullmatch(instance):
            return made_of(pattern, instance)
    return declared


def instances_among(app: App, names: Iterable[str]) -> tuple[Environment, ...]:
    """Those of the names that a pattern explains."""
    declared = {environment.name for environment in app.environments}
    found = (environment_named(app, name) for name in sorted(set(names)) if name not in declared)
    return tuple(environment for environment in found if environment)


def _number(instance: str) -> int:
    found = re.search(r"\d+$", instance)
    return int(found[0]) if found else zlib.crc32(instance.encode())
