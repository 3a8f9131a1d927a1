"""`[release]`: how versions are made, and where they go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.shapes import ForgeRepository, ReleaseVersion, RemoteName, ServiceUrl, TagPrefix, Variable
from ecluse.manifest.schema.types import Inside, Truth
from ecluse.model.publishing import ForgeKind, IndexPlace, ReleasePolicy

_RELEASE = ReleasePolicy()
_INDEX = IndexPlace(simple="", upload="")


class IndexTable(Table):
    """A package index that the project's source distribution and wheel are sent to."""

    simple: ServiceUrl = key("Where files are found (PEP 503).", example="https://packages.example.com/simple/")
    upload: ServiceUrl = key("Where files are sent to.", example="https://packages.example.com/legacy/")
    token: Variable | None = key(
        "Variable that holds an upload token. Without one, and without a password, a CI's own identity is used "
        "(Trusted Publishing).",
        example="INDEX_TOKEN",
        default=None,
    )
    username: Variable | None = key("Variable that holds the user's name.", example="INDEX_USER", default=None)
    password: Variable | None = key("Variable that holds the password.", example="INDEX_PASSWORD", default=None)
    projects: list[Inside] = key(
        "Folders of the projects whose distributions are sent; all get the release's version.",
        example=["packages/shop", "packages/shop-client"],
        default=list(_INDEX.projects),
        min_length=1,
    )


class ForgeTable(Table):
    """A forge that shows the release with its notes and files."""

    kind: Annotated[ForgeKind, Strict(False)] = key("github or gitlab.", example="github")
    token: Variable = key("Variable that holds a token that may write releases.", example="GITHUB_TOKEN")
    api: ServiceUrl | None = key(
        "Its API; none: the one that the CI names, or that belongs to the remote's address.",
        example="https://gitlab.example.com/api/v4",
        default=None,
    )
    repository: ForgeRepository | None = key(
        "The repository there; none: that of the remote's address.", example="team/shop", default=None
    )


class ImageTable(Table):
    """A repository of an OCI registry that gets the bundle."""

    address: ServiceUrl = key("The repository, with the registry.", example="https://registry.example.com/team/shop")
    username: Variable | None = key("Variable that holds the user's name.", example="REGISTRY_USER", default=None)
    password: Variable | None = key("Variable that holds the password.", example="REGISTRY_PASSWORD", default=None)


class ReleaseTable(Table):
    """How versions are made, and where they go."""

    tag_prefix: TagPrefix = key(
        "What stands before the version in a tag's name.", example="release-", default=_RELEASE.tag_prefix
    )
    initial: ReleaseVersion = key("Version of the first release.", example="1.0.0", default=_RELEASE.initial)
    store: str | None = key(
        "Where the bytes of releases are kept for all who release: a folder that is there, an object store "
        "(s3://, gs://, az://), or a git remote (git:origin), which keeps them beside branches and tags. None: on this "
        "machine, which a CI may not do when anything is published.",
        example="s3://shop-releases",
        default=None,
    )
    secrets: list[Variable] = key(
        "Variables by which the store is reached, for the jobs of a CI that release or ship; elsewhere its keys are "
        "found as its own tools find them.",
        example=["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        default_factory=list,
    )
    remote: RemoteName | None = key(
        "The git remote that gets the tag; none: origin where anything is published, else no remote.",
        example="origin",
        default=None,
    )
    changelog: Inside | None = key(
        "File that gets the notes of each release, in the working tree.", example="CHANGELOG.md", default=None
    )
    sign_with: Variable | None = key(
        "Variable that holds an Ed25519 private key (OpenSSH or PKCS #8), or the path of its file; none: nothing is "
        "signed.",
        example="RELEASE_KEY",
        default=None,
    )
    sigstore: Truth = key(
        "Whether each file is signed with the CI's own identity too, by Sigstore (public, with a public log). Where "
        "there is none it is left out.",
        example=True,
        default=_RELEASE.sigstore,
    )
    index: IndexTable | None = section(default=None)
    forge: ForgeTable | None = section(default=None)
    image: ImageTable | None = section(default=None)
