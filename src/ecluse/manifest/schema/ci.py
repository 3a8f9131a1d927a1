"""`[ci]`: how the forge's CI runs the steps."""

from __future__ import annotations

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import Branch, Name, PythonVersion, Variable
from ecluse.manifest.schema.types import Command, Truth
from ecluse.model.ci import CiPolicy

_DEFAULT = CiPolicy()


class CiTable(Table):
    """What `ecluse ci github` and `ecluse ci gitlab` write into their files."""

    install: Command = key(
        "What brings Écluse to a job; none: this very version from the package index.",
        example="pip install --require-hashes -r ci/ecluse.txt",
        default=_DEFAULT.install,
    )
    python: PythonVersion = key(
        "Version of Python that Écluse runs on there (GitHub).", example="3.13", default=_DEFAULT.python
    )
    branches: list[Branch] = key(
        "Branches whose pushes run; requests to merge always do. The first one is what is shipped.",
        example=["main", "release/2"],
        default=list(_DEFAULT.branches),
        min_length=1,
    )
    release: Truth = key(
        "Whether the first branch is released, as [release] says, when its gates have passed.",
        example=True,
        default=_DEFAULT.release,
    )
    ship: list[Name] = key(
        "Environments to ship to from the first branch, one after the other, when their gates have passed.",
        example=["staging", "production"],
        default_factory=list,
    )
    review: Name | None = key(
        "A pattern of environments (`instances`): each request to merge from the repository itself gets one, "
        "NAME-NUMBER, which is removed when the request is closed.",
        example="review",
        default=None,
    )
    ssh_key: Variable | None = key(
        "The forge's secret with the private key by which jobs that ship reach hosts over SSH; none: the machine that "
        "runs them has one.",
        example="DEPLOY_KEY",
        default=None,
    )
    runner: str = key("GitHub's machine for each job.", example="ubuntu-22.04", default=_DEFAULT.runner, min_length=1)
    image: str = key(
        "GitLab's image for each job; it needs Python and git.",
        example="registry.example.com/ci:1",
        default=_DEFAULT.image,
        min_length=1,
    )
