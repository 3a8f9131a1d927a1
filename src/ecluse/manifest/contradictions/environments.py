"""Contradictions in `[environments]`."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.steps import named_steps
from ecluse.manifest.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ecluse.manifest.schema.environment import EnvironmentTable
    from ecluse.manifest.schema.manifest import Manifest

EVERYWHERE = "0.0.0.0"  # noqa: S104  compared with, not listened on


def environment_faults(manifest: Manifest, steps: AbstractSet[str]) -> Iterator[Fault]:
    for name, environment in manifest.environments.items():
        yield from named_steps(environment.gates or [], ("environments", name, "gates"), steps)
    for (first, one), (second, other) in combinations(manifest.environments.items(), 2):
        if _clash(one, other):
            given = ["port"] if "port" in other.model_fields_set else []
            yield Fault(
                code="M051",
                path=("environments", second, *given),
                what=f"{second} and {first} both listen on port {other.port}",
                fix="give each environment a port of its own",
            )


def _clash(one: EnvironmentTable, other: EnvironmentTable) -> bool:
    same_address = one.address == other.address or EVERYWHERE in (one.address, other.address)
    return one.port == other.port and same_address
