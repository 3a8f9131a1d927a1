"""Contradictions in `[ci]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault
from ecluse.manifest.groups import hosts as expanded
from ecluse.model.host import HERE_PREFIX
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest


def ci_faults(manifest: Manifest) -> Iterator[Fault]:
    known = {name for name, environment in manifest.environments.items() if not environment.instances}
    for index, name in enumerate(manifest.ci.ship):
        if name not in known:
            near = suggest(name, known) or f"declare [environments.{name}], or remove it"
            yield Fault(code="M056", path=("ci", "ship", index), what=f"there is no environment {name!r}", fix=near)
    patterns = manifest.environments.keys() - known
    if manifest.ci.review is not None and manifest.ci.review not in patterns:
        near = suggest(manifest.ci.review, patterns) or f"add `instances = 20` to [environments.{manifest.ci.review}]"
        what = f"there is no pattern of environments {manifest.ci.review!r}"
        yield Fault(code="M056", path=("ci", "review"), what=what, fix=near)
    shipped = {*manifest.ci.ship, manifest.ci.review}
    if not any(_is_remote(manifest, name) for name in manifest.environments if name in shipped):
        yield from unused(manifest.ci, ("ci",), {"ssh_key": "no job ships to hosts that are reached over SSH"})


def _is_remote(manifest: Manifest, environment: str) -> bool:
    hosts = expanded(manifest.environments[environment].hosts, manifest.groups)
    return any(not host.startswith(HERE_PREFIX) for host in hosts)
