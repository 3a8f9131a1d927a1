"""Secrets that would also be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault, KeyPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecluse.manifest.schema.manifest import Manifest


def secret_faults(manifest: Manifest) -> Iterator[Fault]:
    secrets = {name for environment in manifest.environments.values() for name in environment.secrets}
    secrets |= {manifest.tickets.token} if manifest.tickets else set()
    yield from _plain(secrets, manifest.app.env, ("app", "env"))
    for name, process in manifest.processes.items():
        yield from _plain(secrets, process.env, ("processes", name, "env"))
    for name, environment in manifest.environments.items():
        yield from _plain(_with_token(manifest, environment.secrets), environment.env, ("environments", name, "env"))
    for name, step in manifest.steps.items():
        yield from _plain(_with_token(manifest, step.secrets), step.env, ("steps", name, "env"))
        if step.matrix:
            yield from _plain(_with_token(manifest, step.secrets), step.matrix.env, ("steps", name, "matrix", "env"))
        yield from _passed(_with_token(manifest, step.secrets), step.pass_env, ("steps", name, "pass_env"))


def _with_token(manifest: Manifest, secrets: Iterable[str]) -> tuple[str, ...]:
    """The token of the tracker is nobody's but ours."""
    return (*secrets, manifest.tickets.token) if manifest.tickets else tuple(secrets)


def _plain(secrets: Iterable[str], env: Iterable[str], path: KeyPath) -> Iterator[Fault]:
    for name in env:
        if name in secrets:
            yield _seen(name, (*path, name), at_key=True)


def _passed(secrets: Iterable[str], given: list[str], path: KeyPath) -> Iterator[Fault]:
    for index, name in enumerate(given):
        if name in secrets:
            yield _seen(name, (*path, index), at_key=False)


def _seen(name: str, path: KeyPath, *, at_key: bool) -> Fault:
    return Fault(
        code="M045",
        path=path,
        what=f"{name} is a secret, and here it would be seen",
        fix=f"remove it here: {name} comes from an env file or the caller's environment",
        at_key=at_key,
    )
