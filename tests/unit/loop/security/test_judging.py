"""Findings, what wasn't checked, and what is accepted until a day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ecluse.loop.security.baseline import added, decoded, entries, read, require_future, what
from ecluse.loop.security.judging import judge
from ecluse.loop.security.report import document
from ecluse.model.finding import Accepted, Finding, Scan, Unchecked, numbered  # fmt: skip
from ecluse.model.problem import ProblemError
from ecluse.model.security import Scanner, SecurityPolicy, Severity  # fmt: skip
from ecluse.model.verdict import Answer

TODAY = date(2030, 1, 15)
FOUND = Finding(
    scanner=Scanner.CODE, rule="B602", severity=Severity.HIGH, message="shell", place="app.py", line=3, anchor="call(x)"
)
MISSED = Unchecked(scanner=Scanner.DEPENDENCIES, why="HTTP 405")
POLICY = SecurityPolicy()


def accepted(one, until=TODAY, **more):
    return Accepted(fingerprint=one.fingerprint, reason="known", who="anne@here", until=until, what="it", **more)


def judgement(*scans, baseline=(), policy=POLICY, today=TODAY):
    return judge(scans, policy, baseline, today)


def code(*findings, unchecked=()):
    return Scan(scanner=Scanner.CODE, findings=findings, unchecked=unchecked, looked=2, tool="bandit 1")


def test_nothing_found_passes_and_says_who_looked():
    told = judgement(code())
    assert told.answer is Answer.PASSED
    assert told.evidence == ("code: 2 looked at, nothing found (bandit 1)",)


def test_a_finding_fails_and_one_under_the_threshold_is_told():
    minor = replace(FOUND, severity=Severity.LOW, rule="B404")
    told = judgement(code(FOUND, minor))
    assert (told.answer, told.stopping, told.minor) == (Answer.FAILED, (FOUND,), (minor,))
    assert told.evidence[0] == "high app.py:3: shell (code B602)"
    assert "1 finding, 1 minor one" in told.evidence[1]


def test_a_name_commands_neither_a_terminal_nor_the_runner_of_a_ci():
    named = "a\n::error::b\x1b[31m\udce9.py"
    hostile, missed = replace(FOUND, place=named), Unchecked(scanner=Scanner.CODE, place=named, why="\x9b2J")
    told = judgement(code(hostile, unchecked=(missed,)))
    assert told.evidence[:2] == (
        "high a?::error::b?[31m?.py:3: shell (code B602)",
        "not checked: code, a?::error::b?[31m?.py: ?2J [V021]",
    )
    report = document(told, "c0ffee")
    assert report["findings"][0]["place"] == named
    assert what(report["findings"][0]) == "B602, a?::error::b?[31m?.py:3"


def test_a_scanner_that_never_began_names_no_program():
    assert judgement(Scan(scanner=Scanner.CODE)).evidence == ("code: 0 looked at, nothing found",)


def test_the_threshold_is_the_manifest_s():
    strict = SecurityPolicy(fail_at={Scanner.CODE: Severity.CRITICAL})
    assert judgement(code(FOUND), policy=strict).answer is Answer.PASSED


def test_not_checked_is_no_pass_and_a_finding_is_stronger():
    silent = Scan(scanner=Scanner.DEPENDENCIES, unchecked=(MISSED,))
    assert judgement(code(), silent).answer is Answer.NOT_CHECKED
    assert judgement(code(), silent).evidence[0] == "not checked: dependencies, all of it: HTTP 405 [V021]"
    assert judgement(code(FOUND), silent).answer is Answer.FAILED


@pytest.mark.parametrize("one", [FOUND, MISSED])
def test_what_is_accepted_counts_again_on_the_day_after(one):
    scan = code(FOUND) if one is FOUND else Scan(scanner=Scanner.DEPENDENCIES, unchecked=(MISSED,))
    entry = accepted(one)
    during = judgement(scan, baseline=[entry])
    assert (during.answer, during.accepted, during.expired) == (Answer.PASSED, ((one, entry),), ())
    after = judgement(scan, baseline=[entry], today=TODAY + timedelta(days=1))
    assert after.answer is (Answer.FAILED if one is FOUND else Answer.NOT_CHECKED)
    assert after.expired == (entry,)
    assert any("accepted until 2030-01-15 by anne@here, which is over: it [V022]" in line for line in after.evidence)


def test_an_entry_for_what_is_not_there_is_told_unless_its_scanner_did_not_run():
    gone, other = accepted(replace(FOUND, rule="B1")), accepted(MISSED, scanner="dependencies")
    told = judgement(code(), baseline=[gone, other])
    assert (told.answer, told.unused) == (Answer.PASSED, (gone,))


def test_lines_that_move_are_the_same_finding_and_one_more_of_a_kind_is_a_new_one():
    moved = replace(FOUND, line=90, message="other words")
    assert moved.fingerprint == FOUND.fingerprint
    first, second = numbered([FOUND, moved])
    assert judgement(code(first, second), baseline=[accepted(FOUND)]).stopping == (second,)


def test_what_is_open_can_be_accepted_and_the_file_is_read_again():
    scan = Scan(scanner=Scanner.DEPENDENCIES, unchecked=(MISSED,))
    report = document(judgement(code(FOUND), scan), "c0ffee")
    written = entries(report, (), reason='it\'s "safe"', who="anne@here", until=TODAY)
    text = added("", written, "b.toml")
    assert judgement(code(FOUND), scan, baseline=read(text, "b.toml")).answer is Answer.PASSED
    later = entries(report, (FOUND.fingerprint,), reason="still", who="bob", until=TODAY + timedelta(days=9))
    again = read(added(text.replace("[[accepted]]", "# a comment\n[[accepted]]", 1), later, "b.toml"), "b.toml")
    assert [(entry.who, entry.until.day) for entry in again] == [("anne@here", 15), ("bob", 24)]
    assert "# a comment" in added("# a comment\n" + text, later, "b.toml")


def test_what_was_accepted_in_another_way_of_writing_stays():
    one, other = accepted(FOUND), accepted(MISSED)
    inline = f'accepted = [{{fingerprint="{one.fingerprint}", reason="r", who="anne", until=2030-01-15}}]\n'
    kept = read(added(inline, [other], "b.toml"), "b.toml")
    assert {entry.fingerprint for entry in kept} == {one.fingerprint, other.fingerprint}


def test_only_what_is_open_can_be_accepted():
    report = document(judgement(code(FOUND)), "c0ffee")
    with pytest.raises(ProblemError, match="V027"):
        entries(report, ("0000",), reason="x", who="anne", until=TODAY)
    with pytest.raises(ProblemError, match="V026"):
        require_future(TODAY - timedelta(days=1), TODAY)
    require_future(TODAY, TODAY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[accepted", "V024"),
        ("x = 1", "V024"),
        ("accepted = 1", "V024"),
        ("accepted = [1]", "V024"),
        ("[[accepted]]", "V025"),
        ('[[accepted]]\nfingerprint="a"\nreason="r"\nwho="w"\nuntil="2030-01-01"', "V025"),
        ('[[accepted]]\nfingerprint="a"\nreason="r"\nwho="w"\nuntil=2030-01-01T00:00:00Z', "V025"),
        ('[[accepted]]\nfingerprint="a"\nreason=" "\nwho="w"\nuntil=2030-01-01', "V025"),
        ('[[accepted]]\nfingerprint="a"\nreason="r"\nwho="w"\nuntil=2030-01-01\nuntill=1', "V025"),
    ],
)
def test_a_baseline_that_is_not_whole_accepts_nothing(text, code):
    with pytest.raises(ProblemError) as raised:
        read(text, "security-baseline.toml")
    assert {problem.code for problem in raised.value.problems} == {code}
    with pytest.raises(ProblemError, match=code):
        added(text, [accepted(FOUND)], "security-baseline.toml")


def test_a_baseline_that_is_no_text_accepts_nothing():
    with pytest.raises(ProblemError, match="V024"):
        decoded(b"\xff\xfe[", "security-baseline.toml")


def test_the_document_has_a_state_for_each_scanner():
    silent = Scan(scanner=Scanner.DEPENDENCIES, unchecked=(MISSED,))
    told = document(judgement(code(FOUND), silent, Scan(scanner=Scanner.SECRETS)), "c0ffee")
    assert [(one["scanner"], one["state"]) for one in told["scanners"]] == [
        ("code", "findings"), ("dependencies", "not_checked"), ("secrets", "checked")
    ]  # fmt: skip
