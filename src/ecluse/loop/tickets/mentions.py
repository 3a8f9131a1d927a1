"""Which commits belong to which tickets, and where that is said. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from ecluse.loop.tickets.keys import keys_in, keys_of_branch
from ecluse.model.ids import Commit
from ecluse.model.tracker import Tickets
from ecluse.model.values import frozen
from ecluse.ports.source import Branch, Change

_MERGED = (
    re.compile(r"Merge (?:remote-tracking )?branch(?:es)? '(?P<branch>[^']+)'"),
    re.compile(r"Merge pull request #\d+ from [^/\s]+/(?P<branch>\S+)"),
    re.compile(r"Merged in (?P<branch>\S+) \(pull request #\d+\)"),
)
"""How git, GitHub and Bitbucket name the branch that a merge brought; GitLab says it as git does."""
_TRAILER = re.compile(r"[A-Za-z0-9-]+: \S")
_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{40,64})")
_SHORT = 7


@frozen
class Mention:
    """That a commit belongs to a ticket, and what says so: `subject`, `body`, `trailer` or `branch NAME`."""

    key: str
    commit: Commit
    where: str


@frozen
class Belonging:
    """`mentions` in the order of the commits, newest first; `without` are the commits that belong to none. A merge that
    brings nothing of its own, a commit that is taken back here and the one that takes it back are in neither."""

    mentions: tuple[Mention, ...]
    without: tuple[Change, ...]

    def by_key(self) -> Mapping[str, tuple[Mention, ...]]:
        """In the order of their first mention."""
        found: dict[str, list[Mention]] = {}
        for mention in self.mentions:
            found.setdefault(mention.key, []).append(mention)
        return {key: tuple(mentions) for key, mentions in found.items()}

    def commits(self) -> Mapping[str, str]:
        """By key its commits, shortened, each once."""
        return {
            key: " ".join(dict.fromkeys(mention.commit[:_SHORT] for mention in mentions))
            for key, mentions in self.by_key().items()
        }


def belonging(changes: Sequence[Change], branches: Sequence[Branch], tickets: Tickets) -> Belonging:
    """`changes` are those of a release, `branches` any whose tip may be among them."""
    gone = _taken_back(changes)
    named = _branches_of(changes, branches, tickets)
    mentions: list[Mention] = []
    without: list[Change] = []
    for change in changes:
        if change.commit in gone:
            continue
        found = tuple(dict.fromkeys((*_in_message(change, tickets), *_in_branches(change, named, tickets))))
        mentions += found
        if not found and len(change.parents) <= 1:
            without.append(change)
    return Belonging(mentions=tuple(mentions), without=tuple(without))


def _in_message(change: Change, tickets: Tickets) -> Iterator[Mention]:
    seen: set[str] = set()
    for where, text in (("subject", change.subject), *_parts(change.body)):
        for key in keys_in(text, tickets):
            if key not in seen:
                seen.add(key)
                yield Mention(key=key, commit=change.commit, where=where)


def _parts(body: str) -> Iterator[tuple[str, str]]:
    """The last paragraph are trailers if every line of it is one, or goes on with one (git-interpret-trailers(1))."""
    *before, last = body.strip().split("\n\n")
    lines = last.splitlines()
    if lines and all(_TRAILER.match(line) or line[:1].isspace() for line in lines):
        yield "body", "\n\n".join(before)
        yield "trailer", last
    else:
        yield "body", body


def _in_branches(change: Change, named: Mapping[Commit, Collection[str]], tickets: Tickets) -> Iterator[Mention]:
    for branch in named.get(change.commit, ()):
        for key in keys_of_branch(branch, tickets):
            yield Mention(key=key, commit=change.commit, where=f"branch {branch}")


def _branches_of(
    changes: Sequence[Change], branches: Sequence[Branch], tickets: Tickets
) -> Mapping[Commit, Collection[str]]:
    """A branch that is there stands for its tip: what it began from isn't known. One that was merged stands for all
    that the merge brought. Those without a key are left out."""
    known = {change.commit: change for change in changes}
    found: dict[Commit, dict[str, None]] = {}
    for branch in branches:
        if branch.tip in known:
            found.setdefault(branch.tip, {})[branch.name] = None
    merges = [(change, name) for change in changes if keys_of_branch(name := _merged_branch(change), tickets)]
    depth = _depths(known) if merges else {}
    for merge, name in merges:
        for commit in _brought(merge, known, depth):
            found.setdefault(commit, {})[name] = None
    return found


def _merged_branch(change: Change) -> str:
    if len(change.parents) <= 1:
        return ""
    match = next((found for form in _MERGED if (found := form.match(change.subject))), None)
    return match["branch"].removeprefix("origin/") if match else ""


def _brought(merge: Change, known: Mapping[Commit, Change], depth: Mapping[Commit, int]) -> frozenset[Commit]:
    """The commits of the other sides, as far as they are known: all sides are walked down together, the deepest commit
    first, until what is left belongs to the first side. So a merge costs what it brought, not the whole history."""
    first, *others = merge.parents
    ours, seen, brought = {first}, {first, *others}, set[Commit]()
    theirs = {commit for commit in others if commit in known and commit != first}
    waiting = [(-depth[commit], commit) for commit in seen if commit in known]
    heapify(waiting)
    while theirs:
        _, commit = heappop(waiting)
        if commit in theirs:
            theirs.remove(commit)
            brought.add(commit)
        for parent in _parents(commit, known):
            if commit in ours:
                ours.add(parent)
                theirs.discard(parent)
            elif parent not in seen:
                theirs.add(parent)
            if parent not in seen:
                seen.add(parent)
                heappush(waiting, (-depth[parent], parent))
    return frozenset(brought)


def _parents(commit: Commit, known: Mapping[Commit, Change]) -> list[Commit]:
    return [parent for parent in known[commit].parents if parent in known]


def _depths(known: Mapping[Commit, Change]) -> Mapping[Commit, int]:
    """How many generations are known below each: a commit is deeper than all that it comes from."""
    found: dict[Commit, int] = {}
    for tip in known:
        waiting = [tip]
        while waiting:
            parents = _parents(waiting[-1], known)
            if unknown := [parent for parent in parents if parent not in found]:
                waiting += unknown
            else:
                found[waiting.pop()] = 1 + max((found[parent] for parent in parents), default=0)
    return found


def _taken_back(changes: Sequence[Change]) -> frozenset[Commit]:
    """Pairs of a commit and the one that reverts it, where both are here. What is reverted twice is there again."""
    known, gone = {change.commit for change in changes}, set[Commit]()
    for change in changes:  # newest first: a revert that was itself reverted doesn't count
        reverted = _REVERTS.search(change.body)
        if reverted and change.commit not in gone and reverted[1] in known:
            gone |= {change.commit, Commit(reverted[1])}
    return frozenset(gone)
