"""`ecluse approve`, by the command line in a real repository."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import approve
from support.repositories import git


def run(strict, *arguments):
    return CliRunner().invoke(approve.command, ["-C", str(strict), *arguments])


def test_an_approval_is_told_with_what_comes_next(strict):
    done = run(strict)
    assert done.exit_code == 0, done.output
    first, count, after = done.stdout.splitlines()
    assert first.startswith("bob@example.org approves 1.4.0 (")
    assert count.strip() == "1 of 1: bob@example.org"
    assert after == "next, by somebody else: ecluse deploy production --release 1.4.0"


def test_an_approval_is_one_document(strict):
    document = json.loads(run(strict, "1.4.0", "--env", "production", "--json").stdout)
    assert document.pop("until")
    assert document == {
        "outcome": "approved", "environment": "production", "release": "r-1", "version": "1.4.0",
        "commit": git(strict, "rev-parse", "HEAD"), "by": "bob@example.org", "approvals": ["bob@example.org"],
        "needed": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("actor", "arguments", "code", "exit_code"),
    [
        ("eve@here", (), "D051", 1),
        ("bob@example.org", ("--env", "local"), "D052", 2),
        ("bob@example.org", ("--env", "nowhere"), "M090", 2),
        ("bob@example.org", ("9.9.9",), "D032", 2),
    ],
)
def test_what_can_not_be_approved(strict, monkeypatch, actor, arguments, code, exit_code):
    monkeypatch.setenv("ECLUSE_ACTOR", actor)
    done = run(strict, *arguments, "--json")
    assert (done.exit_code, json.loads(done.stdout)["problems"][0]["code"]) == (exit_code, code)
