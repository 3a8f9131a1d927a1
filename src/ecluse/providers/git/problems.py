"""What can be wrong with a repository."""

from __future__ import annotations

import os
from pathlib import Path

from ecluse.model.problem import Place, Problem


def no_repository(root: Path) -> Problem:
    """C001, or C005 where git refuses one because somebody else owns it (git-config(1), safe.directory)."""
    found = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if found and found.stat().st_uid != os.geteuid():
        return Problem(
            code="C005",
            where=Place(file=str(found)),
            what="git refuses this repository, because it belongs to another user",
            fix=f"if you trust it: git config --global --add safe.directory {found}",
        )
    return Problem(
        code="C001",
        where=Place(file=str(root)),
        what="this is not a git repository",
        fix="git init && git add --all && git commit --message 'First commit'",
    )


def no_commit() -> Problem:
    return Problem(
        code="C002",
        what="the repository has no commit yet",
        fix="git add --all && git commit --message 'First commit'",
    )


def unknown_revision(revision: str) -> Problem:
    return Problem(
        code="C003",
        what=f"no commit is called {revision!r} here",
        fix="`git log --oneline` lists commits; `git fetch` brings those of others",
    )


def tag_is_taken(name: str, commit: str) -> Problem:
    return Problem(
        code="R003",
        what=f"the tag {name} exists and names another commit ({commit[:12]})",
        fix="a release is never moved: commit something new, or delete the tag if it was a mistake",
    )


def git_failed(verb: str, errors: str) -> Problem:
    return Problem(
        code="C007",
        what=f"`git {verb}` failed",
        fix="see what git says; `git fsck` checks the repository",
        evidence=tuple(errors.splitlines()[-5:]),
    )
