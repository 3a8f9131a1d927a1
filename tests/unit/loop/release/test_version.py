"""Semantic versions and what commits make of them."""

import random

import pytest

from ecluse.loop.release.version import Bump, SemVer, bump_of, following, newest, parse, understand, unreleased
from ecluse.ports.source import Change, Tag

ORDERED = (
    "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
    "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
)  # fmt: skip
"""The order that rule 11 of the specification gives as its example, and around it."""


def change(subject, body=""):
    return Change(commit="c" * 40, subject=subject, body=body, author="Ada")


def tag(name, commit="a" * 40):
    return Tag(name=name, commit=commit)


@pytest.mark.parametrize("text", [*ORDERED, "1.2.3-a.b-c+001.sha-5114f85", "0.1.1-dev.3+g1a2b3c4"])
def test_a_version_is_read_and_written_alike(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", ["", "1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.3-a..b"])
def test_what_is_no_version_is_none(text):
    assert parse(text) is None


def test_versions_are_ordered_as_the_specification_says():
    shuffled = random.Random(7).sample(ORDERED, len(ORDERED))
    assert [str(version) for version in sorted(map(parse, shuffled))] == list(ORDERED)


def test_what_it_was_built_from_doesn_t_order():
    one, other = parse("1.0.0+a"), parse("1.0.0+b")
    assert not one < other
    assert not other < one


@pytest.mark.parametrize(
    ("messages", "bump"),
    [
        ([], Bump.PATCH),
        ([("repair the door",)], Bump.PATCH),
        ([("fix: the door",)], Bump.PATCH),
        ([("chore(deps): new hinges",), ("feat: a window",)], Bump.MINOR),
        ([("Feat(roof): tiles",)], Bump.MINOR),
        ([("feat!: no more doors",), ("fix: hinge",)], Bump.MAJOR),
        ([("refactor(api)!: other names",)], Bump.MAJOR),
        ([("fix: door", "long story\n\nBREAKING CHANGE: it opens outwards")], Bump.MAJOR),
        ([("fix: door", "BREAKING-CHANGE: it opens outwards")], Bump.MAJOR),
        ([("plain words", "BREAKING CHANGE: it opens outwards")], Bump.MAJOR),
        ([("fix: door", "this is no breaking change: honest")], Bump.PATCH),
        ([("feature: is another word",)], Bump.PATCH),
        ([("feat:without a space",)], Bump.PATCH),
    ],
)
def test_what_the_commits_mean(messages, bump):
    assert bump_of([change(*message) for message in messages]) is bump


@pytest.mark.parametrize(
    ("version", "bump", "next_one"),
    [
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("0.2.3", Bump.PATCH, "0.2.4"),
        ("0.2.3", Bump.MINOR, "0.3.0"),
        ("0.2.3", Bump.MAJOR, "0.3.0"),
        ("1.2.3-rc.1+x", Bump.PATCH, "1.2.4"),
    ],
)
def test_the_next_version(version, bump, next_one):
    assert str(following(parse(version), bump)) == next_one


def test_the_newest_is_the_highest_release_among_the_tags():
    tags = [tag("v1.9.0"), tag("v1.10.0"), tag("v2.0.0-rc.1"), tag("vnext"), tag("1.11.0"), tag("nightly")]
    version, found = newest(tags, "v")
    assert (str(version), found.name) == ("1.10.0", "v1.10.0")
    assert newest([tag("v2.0.0-rc.1")], "v") is None


def test_tags_without_a_prefix_count_where_there_is_none():
    assert str(newest([tag("1.11.0"), tag("v2.0.0")], "")[0]) == "1.11.0"


def test_a_commit_is_taken_apart():
    meant = understand(change("fix(door)!: hinge", "BREAKING CHANGE: opens outwards"))
    assert (meant.kind, meant.scope, meant.text, meant.breaking) == ("fix", "door", "hinge", "opens outwards")


def test_what_isn_t_released_says_how_far_it_is():
    assert str(unreleased(SemVer(major=0, minor=1, patch=1), commits=3, commit="1a2b3c4d")) == "0.1.1-dev.3+g1a2b3c4"
