"""Git hooks: what they say, and what a commit's message must be. Pure.

A hook looks at what is about to be committed or pushed, never at the working tree: so what passes is kept, and the
commit that follows has passed already.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from ecluse.loop.release.version import understand
from ecluse.model.app import App
from ecluse.model.ids import Commit
from ecluse.model.problem import Exit, Problem
from ecluse.model.values import frozen
from ecluse.ports.source import Change

MARK = "# Written by `ecluse hooks install`"
BEFORE = ".before-ecluse"
"""Behind the name of somebody's own hook, kept aside."""
LOOKED_AT = 50
"""Commits of the history, the newest."""
READ = 4 * LOOKED_AT
"""Merges are among those."""
FEWEST = 5
SHARE = 0.8
"""Of them that follow the convention, in a project that does."""
GITS_OWN = ("Merge ", 'Revert "', "fixup! ", "squash! ", "amend! ")
"""How messages begin that git writes itself."""

_HEAD = """\
#!/bin/sh
{mark}; `ecluse hooks uninstall` takes it away. `--no-verify` goes without, once.
set -u
ecluse() {{
    if [ -x {python} ]; then {python} -m ecluse "$@"; else command ecluse "$@"; fi
}}
"""
_CHECK = """\
check() {{
    for folder in {folders}; do
        git rev-parse --verify --quiet "$1:./$folder" >/dev/null || continue  # an app of another branch
        ecluse check --directory "$folder" --commit "$1" </dev/null || return
    done
}}
"""
_LISTED = re.compile(r"^    for folder in (.+); do$", re.MULTILINE)
_BODIES = {
    "pre-commit": _CHECK
    + """\
tree=$(git write-tree) || exit
parent=$(git rev-parse --verify --quiet HEAD)
commit=$(
    export GIT_AUTHOR_NAME=ecluse GIT_AUTHOR_EMAIL=ecluse@localhost GIT_AUTHOR_DATE='@0 +0000'
    export GIT_COMMITTER_NAME=ecluse GIT_COMMITTER_EMAIL=ecluse@localhost GIT_COMMITTER_DATE='@0 +0000'
    git commit-tree ${{parent:+-p "$parent"}} -m 'What is about to be committed' "$tree"
) || exit
check "$commit"
""",
    "pre-push": _CHECK
    + """\
while read -r _ pushed _; do
    case $pushed in *[!0]*) ;; *) continue ;; esac  # all zeros: a branch is deleted
    commit=$(git rev-parse --verify --quiet "$pushed^{{commit}}") || continue  # a tag of something else
    new=$(git rev-list -1 "$commit" --not --remotes="$1") || exit
    [ -n "$new" ] || continue  # the remote has it: an old tag, another name
    check "$commit" || exit
done
""",
    "commit-msg": """\
ecluse hooks message "$1" --directory {folder}
""",
}
NAMES = tuple(_BODIES)


class State(StrEnum):
    """What is in the place of a hook."""

    ABSENT = "absent"
    OURS = "ours"
    OTHER = "other"
    """Somebody's own."""


@frozen
class Hook:
    """A program that git runs; `name` says when."""

    name: str
    text: str


def hooks_for(
    app: App, history: Iterable[Change], python: str, folder: str, others: Iterable[str] = ()
) -> tuple[Hook, ...]:
    """Those that have something to do. `python` is the interpreter that has Écluse, `folder` the app's from the
    repository's top, `others` those of apps beside it that have hooks."""
    own = {folder} if any(step.group == "check" for step in app.steps) else set()
    folders = sorted(set(others) - {folder} | own)
    wanted = {"pre-commit": bool(folders), "pre-push": bool(folders), "commit-msg": is_conventional(history)}
    head = _HEAD.format(mark=MARK, python=shlex.quote(python))
    told = {"folder": shlex.quote(folder), "folders": shlex.join(folders)}
    return tuple(Hook(name=name, text=head + body.format(**told)) for name, body in _BODIES.items() if wanted[name])


def folders_of(text: str | None) -> tuple[str, ...]:
    """Of the apps whose steps a hook runs, if it is ours."""
    found = _LISTED.search(text or "") if state_of(text) is State.OURS else None
    return tuple(shlex.split(found[1])) if found else ()


def state_of(text: str | None) -> State:
    if text is None:
        return State.ABSENT
    return State.OURS if MARK in text else State.OTHER


def is_conventional(history: Iterable[Change]) -> bool:
    """Whether a project's newest commits follow Conventional Commits."""
    own = [change for change in history if not change.subject.startswith(GITS_OWN)][:LOOKED_AT]
    following = sum(bool(understand(change).kind) for change in own)
    return len(own) >= FEWEST and following >= SHARE * len(own)


def message_problem(text: str) -> Problem | None:
    """What is wrong with a commit's message, as git hands it over: with comments."""
    subject = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if not subject or subject.startswith(GITS_OWN):
        return None  # git itself refuses an empty one
    if understand(Change(commit=Commit(""), subject=subject, body="", author="")).kind:
        return None
    return Problem(
        code="C011",
        what=f"this project's commits follow Conventional Commits, and {subject!r} doesn't",
        state="nothing was committed; git keeps the message in .git/COMMIT_EDITMSG",
        fix='begin with the kind of change: "fix: …", "feat(shop): …", "docs: …", "feat!: …" for one that breaks',
        exit=Exit.REFUSED,
    )


def own_hooks(found: Mapping[str, State], wanted: Sequence[Hook]) -> tuple[str, ...]:
    """Names of wanted hooks in whose place somebody's own is."""
    return tuple(hook.name for hook in wanted if found[hook.name] is State.OTHER)


def taken(names: Iterable[str]) -> Problem:
    return Problem(
        code="C014",
        what=f"there are hooks of your own in two places: {', '.join(f'{name} and {name}{BEFORE}' for name in names)}",
        state="nothing was written",
        fix=f"keep one of them: what stands in NAME{BEFORE} was there when ours were installed before",
    )


def in_the_way(names: Iterable[str]) -> Problem:
    return Problem(
        code="C012",
        what=f"there are hooks of your own: {', '.join(names)}",
        state="nothing was written",
        fix=f"`ecluse hooks install --force` keeps them as NAME{BEFORE}, and `uninstall` puts them back",
    )


def elsewhere(folder: str) -> Problem:
    return Problem(
        code="C013",
        what=f"git looks for hooks in {folder} (core.hooksPath), which another tool looks after",
        state="nothing was written",
        fix="call `ecluse check` from there, or unset it: git config --unset core.hooksPath",
    )
