"""Where releases go: the store of their bytes, an index, a forge; and who signs them."""

from __future__ import annotations

import re
from enum import StrEnum

from ecluse.model.values import frozen


@frozen
class IndexPlace:
    """A package index: `simple` is where files are found (PEP 503, PEP 691), `upload` where they are sent.

    `token`, or `username` and `password`, are names of variables of the caller's; without any, a CI's own identity is
    changed for a token (Trusted Publishing).
    """

    simple: str
    upload: str
    token: str = ""
    username: str = ""
    password: str = ""
    projects: tuple[str, ...] = (".",)
    """The folders of what is built; all of them get the release's version."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.token, self.username, self.password)))


class ForgeKind(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"


@frozen
class ForgePlace:
    """A repository at a forge, on whose page releases are announced. `api` and `repository` are empty where they are
    told by the CI or by the remote's address; `token` is the name of a variable of the caller's."""

    kind: ForgeKind
    token: str
    api: str = ""
    repository: str = ""


@frozen
class ImagePlace:
    """A repository of an OCI registry: `address` is `https://registry.example.com/team/shop`. `username` and `password`
    are names of variables of the caller's."""

    address: str
    username: str = ""
    password: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.username, self.password)))


@frozen
class ReleasePolicy:
    """How versions are made, and where they go."""

    tag_prefix: str = "v"
    initial: str = "0.1.0"
    store: str = ""
    """A folder, an address of an object store, or a git remote (`git_remote`), which all share who release; empty: this
    machine's own."""
    remote: str = ""
    """The git remote that tags are pushed to; empty: `origin` where anything is published, else none."""
    changelog: str = ""
    """A file of the repository that gets the notes; empty: none."""
    sign_with: str = ""
    """Name of the variable that holds the private key, or names its file; empty: nothing is signed."""
    secrets: tuple[str, ...] = ()
    """Variables that the store wants, by names that are its own."""
    sigstore: bool = False
    """Whether a CI's own identity signs each file besides, by Sigstore."""
    index: IndexPlace | None = None
    forge: ForgePlace | None = None
    image: ImagePlace | None = None

    @property
    def pushed_to(self) -> str:
        """The remote, or empty."""
        return self.remote or ("origin" if self.index or self.forge or self.image else "")

    @property
    def publishes(self) -> bool:
        """Whether anything leaves this machine but for the store."""
        return bool(self.pushed_to)


_IN_GIT = re.compile(r"git:([A-Za-z0-9_][A-Za-z0-9._-]*)")


def git_remote(store: str) -> str:
    """The name of the remote in which releases are kept (`git:origin`); empty where it is another kind of store. What
    git would take for an option is no name."""
    found = _IN_GIT.fullmatch(store)
    return found[1] if found else ""
