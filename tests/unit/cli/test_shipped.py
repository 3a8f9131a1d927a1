"""What let a release pass stands in what a ship says, never silently."""

from dataclasses import replace

import pytest

from ecluse.cli.render.shipped import document, ended, gate, warnings
from ecluse.loop.deploy.answered import Answered
from ecluse.loop.ship import Shipped
from ecluse.model.app import Process
from ecluse.model.ids import ProcessName
from ecluse.model.judgement import Share
from ecluse.model.verdict import Answer, Verdict

KNOWN = tuple(f"tests.test_a.test_{number}" for number in range(7))
TESTED = Verdict(gate="test", answer=Answer.PASSED, known_failures=KNOWN, cured=("tests.test_b.test_well",))
UNTESTED = Verdict(
    gate="tests", answer=Answer.NOT_CHECKED, is_required=False, evidence=("test is no gate: slow",), fix="mend it"
)


def test_known_failures_and_those_that_pass_are_said():
    assert list(warnings((TESTED,))) == [
        f"test: 7 known failures: {', '.join(KNOWN[:5])} and 2 more",
        "test: 1 known failure passed: tests.test_b.test_well; `ecluse test --dirty` takes it off the list",
    ]


def test_that_nothing_was_tested_is_said_with_why_and_what_to_do():
    assert list(warnings((UNTESTED,))) == ["not tested: test is no gate: slow: mend it"]
    assert list(warnings((replace(UNTESTED, gate="schema"),))) == []


def test_what_the_security_gate_could_not_check_is_said():
    evidence = ("not checked: dependencies, all of it: HTTP 404 [V021]", "code: 1 looked at, nothing found (bandit 1)")
    missed = Verdict(gate="security", answer=Answer.NOT_CHECKED, evidence=evidence, is_required=False)
    assert list(warnings((missed,))) == [f"security: {evidence[0]}"]
    assert list(warnings((replace(missed, is_required=True),))) == []


def test_an_env_file_that_goes_along_is_said_with_what_to_type():
    exposed = Verdict(gate="env_files", answer=Answer.FAILED, is_required=False, evidence=(".env",), fix="git rm")
    assert list(warnings((exposed,))) == [".env: git rm"]


@pytest.mark.parametrize("outcome", ["shipped", "unchanged"])
def test_each_ship_says_it(outcome, capsys):
    ended(Shipped(outcome=outcome, environment="local", gates=(TESTED, UNTESTED)), as_json=False)
    said = capsys.readouterr().out
    assert "! not tested" in said
    assert "! test: 7 known failures" in said


@pytest.mark.parametrize(("url", "lines"), [("http://127.0.0.1:8000", 1), ("", 0)])
def test_an_address_is_told_where_something_listens(url, lines, capsys):
    ended(Shipped(outcome="shipped", environment="local", url=url), as_json=False)
    assert capsys.readouterr().out.count("\n  ") == lines


@pytest.mark.parametrize("leads_back", [False, True])
def test_a_rollback_is_named_where_it_would_lead_somewhere(leads_back, capsys):
    ended(Shipped(outcome="shipped", environment="production", leads_back=leads_back), as_json=False)
    assert ("ecluse rollback production" in capsys.readouterr().out) is leads_back


def test_a_process_that_is_off_is_shown_with_its_reason(capsys):
    off = Process(name=ProcessName("worker"), enabled=False, why_off="needs Redis")
    shipped = Shipped(outcome="shipped", environment="local", off=(off,))
    ended(shipped, as_json=False)
    assert "  worker  off: needs Redis\n" in capsys.readouterr().out
    assert document(shipped)["off"] == [{"name": "worker", "why": "needs Redis"}]


def test_the_document_names_all_of_them():
    assert gate(TESTED)["known_failures"] == list(KNOWN)
    assert gate(TESTED)["cured"] == ["tests.test_b.test_well"]
    assert gate(UNTESTED)["verdict"] == "not_checked"


def test_what_an_undone_release_answered_is_in_the_document():
    undone = Shipped(outcome="rolled_back", environment="local", answered=Answered(failed=Share(3, 40)))
    assert document(undone)["answered"] == {"requests": 40, "failed": 3}
    assert document(replace(undone, answered=Answered()))["answered"] is None
