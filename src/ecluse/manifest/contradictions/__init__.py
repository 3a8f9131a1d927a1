"""What is wrong between keys that are each right. Pure: the manifest in, Faults out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.ci import ci_faults
from ecluse.manifest.contradictions.environments import environment_faults
from ecluse.manifest.contradictions.groups import group_faults
from ecluse.manifest.contradictions.matrices import matrix_faults
from ecluse.manifest.contradictions.policies import policy_faults
from ecluse.manifest.contradictions.processes import process_faults
from ecluse.manifest.contradictions.release import release_faults
from ecluse.manifest.contradictions.secrets import secret_faults
from ecluse.manifest.contradictions.security import security_faults
from ecluse.manifest.contradictions.services import service_faults
from ecluse.manifest.contradictions.steps import step_faults
from ecluse.manifest.contradictions.tickets import ticket_faults
from ecluse.model.security import SECURITY

if TYPE_CHECKING:
    from ecluse.manifest.fault import Fault
    from ecluse.manifest.schema.manifest import Manifest


def contradictions(manifest: Manifest, steps: frozenset[str] = frozenset()) -> list[Fault]:
    """Every contradiction. `steps` are names declared in the file besides those that could be read."""
    names = steps | manifest.steps.keys() | ({SECURITY} if manifest.security else set())
    return [
        *process_faults(manifest),
        *step_faults(manifest, names),
        *matrix_faults(manifest),
        *group_faults(manifest),
        *environment_faults(manifest, names),
        *policy_faults(manifest),
        *secret_faults(manifest),
        *service_faults(manifest),
        *ci_faults(manifest),
        *release_faults(manifest),
        *ticket_faults(manifest),
        *security_faults(manifest),
    ]
