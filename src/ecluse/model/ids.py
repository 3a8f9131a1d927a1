"""Names of things, each a type of its own so that they can't be mixed up."""

from typing import NewType

Commit = NewType("Commit", str)
"""A full git object name, 40 or 64 hexadecimal digits."""

Digest = NewType("Digest", str)
"""`sha256:` and 64 hexadecimal digits."""

ReleaseId = NewType("ReleaseId", str)
"""`r-` and 12 hexadecimal digits, made from version, commit and bundle digest."""

DeploymentId = NewType("DeploymentId", str)
RunId = NewType("RunId", str)
"""One execution of the pipeline; also the name of its log folder."""

EnvironmentName = NewType("EnvironmentName", str)
ProcessName = NewType("ProcessName", str)
ServiceName = NewType("ServiceName", str)
StepName = NewType("StepName", str)
Version = NewType("Version", str)
"""Semantic Versioning 2.0.0, without a leading `v`."""
HostName = NewType("HostName", str)
"""As the environment's `hosts` names it; `this machine` where it names none."""


def path_name(step: str) -> str:
    """A step's name as part of a path: what a cell has around its label means something to shells and globs."""
    return step.replace("[", "@").removesuffix("]")
