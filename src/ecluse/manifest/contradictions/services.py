"""Contradictions around `[services]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault, KeyPath
from ecluse.manifest.groups import hosts
from ecluse.model.service import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecluse.manifest.schema.manifest import Manifest

LOCAL = "local"


def service_faults(manifest: Manifest) -> Iterator[Fault]:
    yield from _names(manifest)
    yield from _fields(manifest)
    yield from _twice(manifest)
    yield from _places(manifest)


def _names(manifest: Manifest) -> Iterator[Fault]:
    for name in manifest.services:
        if name in manifest.processes:
            yield Fault(
                code="M048", path=("services", name), what=f"a process is called {name} too; their logs have one name",
                fix="call the service otherwise", at_key=True,
            )  # fmt: skip
    for step, table in manifest.steps.items():
        for index, name in enumerate(table.services or []):
            if name not in manifest.services:
                yield Fault(
                    code="M049", path=("steps", step, "services", index), what=f"there is no service {name!r}",
                    fix=f"declare [services.{name}] with its `kind`, or remove it here",
                )  # fmt: skip


def _fields(manifest: Manifest) -> Iterator[Fault]:
    for name, service in manifest.services.items():
        for variable, template in service.env.items():
            for field in unknown_fields(template):
                yield Fault(
                    code="M047", path=("services", name, "env", variable), what=f"an address has no {field!r}",
                    fix=f"use {', '.join(f'{{{known}}}' for known in FIELDS)}",
                )  # fmt: skip


def unknown_fields(template: str) -> tuple[str, ...]:
    """Words in braces that look like fields and are none."""
    parts = [part.partition("}") for part in template.split("{")[1:]]
    words = [word for word, brace, _ in parts if brace and word.isidentifier()]
    return tuple(word for word in words if word not in FIELDS)


def _twice(manifest: Manifest) -> Iterator[Fault]:
    """The address of a service goes before any other value, so the other one would be ignored."""
    given: dict[str, str] = {}
    for name, service in manifest.services.items():
        for variable in service.env:
            if variable in given:
                yield _second(variable, given[variable], ("services", name, "env", variable))
            given.setdefault(variable, name)
    yield from _beside(given, manifest.app.env, ("app", "env"))
    for name, process in manifest.processes.items():
        yield from _beside(given, process.env, ("processes", name, "env"))
    for name, environment in manifest.environments.items():
        if _runs(name, environment.services):
            yield from _beside(given, environment.env, ("environments", name, "env"))
            for index, variable in enumerate(environment.secrets):
                if variable in given:
                    yield _second(variable, given[variable], ("environments", name, "secrets", index), at_key=False)


def _beside(given: dict[str, str], env: Iterable[str], path: KeyPath) -> Iterator[Fault]:
    for variable in env:
        if variable in given:
            yield _second(variable, given[variable], (*path, variable))


def _second(variable: str, service: str, path: KeyPath, *, at_key: bool = True) -> Fault:
    return Fault(
        code="M046", path=path, what=f"{variable} is the address of the service {service}, and is set here too",
        fix=f"remove {variable} here, or from [services.{service}] env", at_key=at_key,
    )  # fmt: skip


def _places(manifest: Manifest) -> Iterator[Fault]:
    running = [name for name, table in manifest.environments.items() if _runs(name, table.services)]
    for name in running if manifest.services else []:
        if len(hosts(manifest.environments[name].hosts, manifest.groups)) > 1:
            yield Fault(
                code="M064", path=("environments", name, "hosts"),
                what=f"{name} has several hosts, and each would have services with data of its own",
                fix="add `services = false`, and hand over the address of one that all hosts reach",
            )  # fmt: skip
    if manifest.environments and not running:
        for name in manifest.services:
            yield Fault(
                code="M033", path=("services", name), what=f"[services.{name}] has no effect: no environment runs it",
                fix="add [environments.local], or `services = true` to the environment that is to run it", at_key=True,
            )  # fmt: skip


def _runs(name: str, services: bool | None) -> bool:
    return name == LOCAL if services is None else services
