"""Which commits belong to which tickets."""

import random
import time

import pytest

from ecluse.loop.tickets.mentions import belonging
from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.ports.source import Branch, Change

JIRA = Tickets(tracker=TrackerKind.JIRA, project="ABC")


def name(letter):
    return letter * 40


def change(letter, subject, body="", parents=()):
    return Change(commit=name(letter), subject=subject, body=body, author="anne", parents=tuple(map(name, parents)))


def found(changes, branches=(), tickets=JIRA):
    belongs = belonging(changes, branches, tickets)
    said = [(one.key, one.commit[0], one.where) for one in belongs.mentions]
    return said, [one.commit[0] for one in belongs.without]


def test_a_key_is_found_in_subject_body_and_trailers():
    body = "It was ABC-2 too.\n\nFixes: ABC-3\nSigned-off-by: Anne <anne@example.org>"
    assert found([change("a", "ABC-1: a window", body), change("b", "tidy")]) == (
        [("ABC-1", "a", "subject"), ("ABC-2", "a", "body"), ("ABC-3", "a", "trailer")], ["b"],
    )  # fmt: skip


def test_a_key_counts_once_for_a_commit():
    assert found([change("a", "ABC-1: a window", "ABC-1 again")])[0] == [("ABC-1", "a", "subject")]


def test_the_tip_of_a_branch_belongs_to_what_it_is_called():
    branches = [Branch(name="feature/abc-7-door", tip=name("b")), Branch(name="abc-8", tip=name("z"))]
    assert found([change("b", "a door"), change("a", "a window")], branches) == (
        [("ABC-7", "b", "branch feature/abc-7-door")], ["a"],
    )  # fmt: skip


MERGE = [
    change("m", "Merge branch 'abc-9-roof' into main", parents="ac"),
    change("c", "tiles", parents="b"),
    change("b", "beams", parents="z"),
    change("a", "elsewhere", parents="z"),
]


def test_all_that_a_merge_brought_belongs_to_its_branch():
    said, without = found(MERGE)
    assert said == [("ABC-9", "c", "branch abc-9-roof"), ("ABC-9", "b", "branch abc-9-roof")]
    assert without == ["a"]


def test_the_merges_of_forges_name_their_branch():
    for subject in (
        "Merge pull request #3 from acme/abc-9-roof",
        "Merged in abc-9-roof (pull request #3)",
        "Merge remote-tracking branch 'origin/abc-9-roof'",
    ):
        changes = [change("m", subject, parents="ac"), change("c", "tiles", parents="z"), change("a", "x", parents="z")]
        assert found(changes)[0] == [("ABC-9", "c", "branch abc-9-roof")]


def test_what_is_taken_back_again_belongs_to_nothing():
    revert = change("r", 'Revert "ABC-1: a window"', f"This reverts commit {name('a')}.")
    assert found([revert, change("a", "ABC-1: a window")]) == ([], [])


def test_a_revert_of_what_was_released_before_is_named():
    revert = change("r", 'Revert "ABC-1: a window"', f"This reverts commit {name('a')}.")
    assert found([revert])[0] == [("ABC-1", "r", "subject")]


def test_a_revert_that_was_reverted_takes_nothing_back():
    changes = [
        change("e", 'Revert "Revert "ABC-1: a window""', f"This reverts commit {name('d')}."),
        change("d", 'Revert "ABC-1: a window"', f"This reverts commit {name('a')}."),
        change("a", "ABC-1: a window"),
    ]
    assert found(changes) == ([("ABC-1", "a", "subject")], [])


def test_commits_are_told_by_ticket():
    belongs = belonging([change("b", "ABC-1 more"), change("a", "ABC-1, ABC-2")], (), JIRA)
    assert belongs.commits() == {"ABC-1": "bbbbbbb aaaaaaa", "ABC-2": "aaaaaaa"}


def reachable(tips, parents):
    found, waiting = set(), list(tips)
    while waiting:
        commit = waiting.pop()
        if commit in parents and commit not in found:
            found.add(commit)
            waiting += parents[commit]
    return found


@pytest.mark.parametrize("seed", range(30))
def test_a_merge_brought_what_its_first_side_had_not(seed):
    """Whatever the history looks like, and in whatever order it is told; its beginning isn't known."""
    chance = random.Random(seed)
    parents = {}
    for number in range(60):
        before = [f"{one:040x}" if one >= 0 else f"{-one:f>40x}" for one in range(max(-3, number - 8), number)]
        parents[f"{number:040x}"] = chance.sample(before, min(len(before), chance.choice([1, 1, 2, 3])))
    changes = [
        Change(commit=commit, subject=f"Merge branch 'abc-{int(commit, 16)}'", body="", author="", parents=tuple(sides))
        for commit, sides in parents.items()
    ]
    chance.shuffle(changes)
    named = belonging(changes, (), JIRA).by_key()
    for merge, (first, *others) in parents.items():
        brought = reachable(others, parents) - reachable([first], parents)
        assert {one.commit for one in named.get(f"ABC-{int(merge, 16)}", ())} == brought


def test_an_old_repository_is_read_in_no_time():
    """A mainline with 5,000 merged branches: it was minutes when each merge looked at the whole history."""

    def at(letter, number):
        return f"{letter}{number:039x}"

    changes = []
    for number in range(5000, 0, -1):
        subject = f"Merge branch 'abc-{number}-roof'"
        sides = (at("a", number - 1), at("b", number))
        changes += [
            Change(commit=at("a", number), subject=subject, body="", author="", parents=sides),
            Change(commit=at("b", number), subject="a roof", body="", author="", parents=(at("a", number - 1),)),
        ]
    began = time.monotonic()
    commits = belonging(changes, (), JIRA).commits()
    assert (len(commits), commits["ABC-7"]) == (5000, at("b", 7)[:7])
    assert time.monotonic() - began < 20
