"""`[build]`: how the bundle is made."""

from __future__ import annotations

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import Package, PythonVersion, Requirement
from ecluse.manifest.schema.types import Command, Inside, Moment, Truth
from ecluse.model import app as model

_BUILD = model.Build()


class BuildTable(Table):
    """How the bundle is made: source and locked wheels."""

    python: PythonVersion | None = key(
        "Version of Python; none: what the repository says.", example="3.12", default=None
    )
    project: Inside = key(
        "The folder whose lock, project table or requirement files say what is needed; their paths count from it.",
        example="backend",
        default=_BUILD.project,
    )
    requirements: list[Inside] = key(
        "Requirement files, where there is neither a lock nor a project table.",
        example=["requirements.txt"],
        default_factory=list,
    )
    extras: list[Package] = key(
        "Extras of the project that it needs to run.", example=["postgres"], default_factory=list
    )
    groups: list[Package] = key("Dependency groups that it needs to run.", example=["server"], default_factory=list)
    test_requirements: list[Requirement] = key(
        "Requirement files or plain requirements that steps need beyond the app's own.",
        example=["requirements-test.txt", "pytest>=8"],
        default_factory=list,
    )
    test_extras: list[Package] = key("Extras that steps need besides.", example=["test"], default_factory=list)
    test_groups: list[Package] = key(
        "Dependency groups that steps need besides.", example=["dev"], default_factory=list
    )
    add: list[Requirement] = key(
        "Plain requirements to add, such as a database driver.", example=["psycopg[binary]>=3"], default_factory=list
    )
    without: list[Package] = key(
        "Packages to leave out, whoever asks for them: what production's set holds and this app runs without.",
        example=["uwsgi"],
        default_factory=list,
    )
    locked: Truth = key(
        "Whether a lock (uv, poetry, pdm, pipenv) decides the versions; `false` takes the ranges of its manifest.",
        example=False,
        default=_BUILD.locked,
    )
    install_project: Truth = key(
        "Whether the repository itself is installed when it declares a build backend.",
        example=False,
        default=_BUILD.install_project,
    )
    exclude_newer: Moment | None = key(
        "Packages published after this time don't exist for the resolver (RFC 3339).",
        example="2026-01-31T00:00:00Z",
        default=None,
    )
    build_constraints: list[Requirement] = key(
        "Requirements that bind what packages are built with, such as an old setuptools.",
        example=["setuptools<58"],
        default_factory=list,
    )
    exclude: list[str] = key(
        "Globs of the commit's files that the bundle leaves out.", example=["docs/**"], default_factory=list
    )
    commands: list[Command] = key(
        "Commands run in the assembled release on the target before it starts.",
        example=[["python", "manage.py", "collectstatic", "--noinput"]],
        default_factory=list,
    )
