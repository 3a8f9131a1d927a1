"""How the forge's CI runs the steps."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.model.ids import EnvironmentName
from ecluse.model.values import frozen


@frozen
class CiPolicy:
    """`install` brings Écluse to a job; empty: this very version, from the index. Pushes to `branches` run, and every
    request to merge; the first one ships to the environments of `ship`, one after the other."""

    install: tuple[str, ...] = ()
    python: str = "3.12"
    branches: tuple[str, ...] = ("main",)
    release: bool = False
    """Whether the first branch is released when its gates have passed."""
    ship: tuple[EnvironmentName, ...] = ()
    review: EnvironmentName | None = None
    """The pattern of which each request to merge gets an environment."""
    ssh_key: str = ""
    """The forge's secret that holds the key with which hosts are reached; empty: the machine of the job has one."""
    runner: str = "ubuntu-24.04"
    """GitHub's machine."""
    image: str = "python:3.12"
    """GitLab's; it needs Python and git."""


def in_ci(env: Mapping[str, str]) -> bool:
    """Every CI sets `CI`; some let a job unset it by `false` or `0`."""
    return env.get("CI", "").lower() not in {"", "0", "false"}
