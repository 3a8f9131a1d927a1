"""Which commits belong to which tickets."""

from ecluse.loop.tickets.mentions import belonging
from ecluse.model.ticket import Tickets, TrackerKind
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
