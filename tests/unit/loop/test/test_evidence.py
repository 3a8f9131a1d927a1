"""What a step's evidence says."""

import pytest

from ecluse.loop.test.evidence import Listed, Ran, covered_percent, judge, judge_coverage
from ecluse.loop.test.junit import UnreadableReportError, canonical, parse_junit
from ecluse.loop.test.stopping import ends_after
from ecluse.manifest.argv import SHELL
from ecluse.model.app import Evidence, Gates, Step
from ecluse.model.verdict import Answer
from ecluse.ports.commands import Finished

STEP = Step(name="tests", command=("pytest",), evidence=Evidence(junit="report.xml"))


def case(name, inner=""):
    return f'<testcase classname="tests.test_a" name="{name}">{inner}</testcase>'


def report(*cases):
    return f'<?xml version="1.0"?><testsuites><testsuite name="x">{"".join(cases)}</testsuite></testsuites>'.encode()


ALL = Gates()
FAILURE = '<failure message="assert 0">trace\nback</failure>'


def judged(junit, exit_code=0, *, known=(), before=(), gates=ALL, command=("pytest",), **options):
    evidence = Evidence(junit="report.xml", known_failures="known.txt")
    step = Step(name="tests", command=command, evidence=evidence)
    listed = Listed(known=frozenset(map(canonical, known)), failed_before=frozenset(before))
    left = () if junit is None else (junit,)
    return judge(step, Ran(finished=Finished(exit_code=exit_code, **options), junit=left), gates, listed)


def test_a_report_is_read_with_what_passed_failed_and_was_skipped():
    read = parse_junit(
        report(case("a"), case("b", FAILURE), case("c", "<skipped/>"), case("d", "<error>\n why</error>"))
    )
    assert read.passed == {"tests.test_a.a"}
    assert read.failed == {"tests.test_a.b": "assert 0", "tests.test_a.d": "why"}
    assert (read.executed, read.skipped) == (3, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<html/>",
        b"<testsuite>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><testsuite>&b;</testsuite>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite/>',
        b"\xff\xfe",
    ],
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(UnreadableReportError):
        parse_junit(data)


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_a.py::TestB::test_c[1/2::x]",
        "tests.test_a::TestB::test_c[1/2::x]",
        "tests.test_a.TestB.test_c[1/2::x]",
    ],
)
def test_a_test_has_one_spelling(name):
    assert canonical(name) == "tests.test_a.TestB.test_c[1/2::x]"


def test_all_passed_is_a_pass_that_counts():
    assert judged(report(case("a"), case("b"))).evidence == ("2 tests",)
    assert judged(report(case("a"))).passed


def test_failures_are_named_and_counted():
    done = judged(report(case("a"), case("b", FAILURE), case("c", "<skipped/>")), 1)
    assert not done.passed
    assert done.evidence == ("failed: tests.test_a.b: assert 0", "2 tests, 1 failed, 1 skipped")


def test_many_failures_are_cut():
    done = judged(report(*(case(f"t{n:02}", FAILURE) for n in range(25))), 1)
    assert done.evidence[20] == "and 5 more"


def test_an_exit_code_of_zero_does_not_hide_a_failure():
    assert not judged(report(case("a"), case("b", FAILURE)), 0).passed


def test_a_good_report_does_not_hide_an_exit_code():
    done = judged(report(case("a")), 1, output="coverage too low\n")
    assert not done.passed
    assert done.evidence == ("exit code 1", "coverage too low", "1 test")


@pytest.mark.parametrize("junit", [report(), report(case("a", "<skipped/>"))])
def test_no_test_executed_is_not_a_pass(junit):
    assert not judged(junit).passed
    assert judged(junit, gates=Gates(tests=False)).passed


def test_a_missing_report_is_a_failure_with_evidence():
    done = judged(None, 0)
    assert not done.passed
    assert done.evidence == ("the test report report.xml can't be used: it isn't there [E011]",)
    assert judged(None, 4, output="usage\n").evidence[0] == "exit code 4"


def test_known_failures_are_shown_and_do_not_stop():
    done = judged(report(case("a"), case("b", FAILURE)), 1, known=("tests/test_a.py::b",))
    assert done.passed
    assert "known failure: tests.test_a.b" in done.evidence
    assert done.known == ("tests.test_a.b",)


def test_a_new_failure_stops_beside_known_ones():
    done = judged(report(case("b", FAILURE), case("c", FAILURE)), 1, known=("tests.test_a.b",))
    assert not done.passed
    assert done.evidence[0].startswith("failed: tests.test_a.c")


ENDED = "the command ends the suite after 1 failure, which hides the rest: let it go on [E021]"


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_known_failure_at_which_the_suite_is_ended_is_no_pass(exit_code):
    junit = report(case("a"), case("b", FAILURE))
    done = judged(junit, exit_code, known=("tests.test_a.b",), command=("pytest", "-x"))
    assert not done.passed
    assert done.evidence[0] == ENDED
    assert judged(junit, 1, known=("tests.test_a.b",), command=("pytest", "--maxfail=2")).passed


def test_a_suite_that_may_be_ended_passes_where_nothing_fails():
    assert judged(report(case("a")), command=("pytest", "-x")).evidence == ("1 test",)


@pytest.mark.parametrize(
    ("command", "failures"),
    [
        ("pytest --junitxml=report.xml tests", 0),
        ("python -m pytest -x", 1),
        ("pytest -qx tests/x", 1),
        ("pytest -kx -nx tests -- -v", 0),
        ("pytest --maxfail 3", 3),
        ("pytest --maxfail=3 --maxfail=0", 0),
        ("pytest -x --maxfail", 1),
        ("coverage run -m pytest --exitfirst && coverage json", 1),
        ("pytest tests | grep -x ok; (rm -xf tmp)", 0),
        ("DEBUG=1 pytest tests\\\n  --sw", 1),
        ("pytest 'tests && x -x", 0),
        ("python -m unittest -vf", 1),
        ("python -m xmlrunner discover --failfast", 1),
        ("python manage.py test --failfast", 1),
        ("python manage.py test -x", 0),
        ("A=1 tox -e pytest -x testenv.pass_env+=A", 0),
        ("make test -x", 0),
    ],
)
def test_the_words_of_a_command_say_whether_it_goes_on_behind_a_failure(command, failures):
    assert ends_after((*SHELL, command)) == failures


def test_the_words_of_a_list_say_it_too():
    assert ends_after(("python", "-m", "pytest", "-x", "a && b")) == 1


def test_a_known_failure_that_passes_or_is_gone_is_told():
    done = judged(report(case("b")), 0, known=("tests.test_a.b", "tests.test_a.gone"))
    assert done.passed
    assert "passes now, though known.txt lists it: tests.test_a.b" in done.evidence
    assert done.cured == ("tests.test_a.b",)
    assert "known failure that did not run: tests.test_a.gone" in done.evidence


def test_a_known_failure_that_passes_at_another_attempt_is_not_cured():
    assert judged(report(case("b")), 0, known=("tests.test_a.b",), before=("tests.test_a.b",)).cured == ()


@pytest.mark.parametrize("ended", [{"exit_code": 2}, {"exit_code": None, "signal": 9}])
def test_known_failures_do_not_excuse_an_interrupted_run(ended):
    assert not judged(report(case("a"), case("b", FAILURE)), known=("tests.test_a.b",), **ended).passed


def test_a_run_that_timed_out_says_so_beside_its_failures():
    done = judged(report(case("b", FAILURE)), None, signal=15, timed_out=True)
    assert not done.passed
    assert "[E010]" in done.evidence[0]
    assert not judged(report(case("b", FAILURE)), 1, timed_out=True, known=("tests.test_a.b",)).passed


def test_without_a_report_the_exit_code_and_the_last_lines_speak():
    step = Step(name="lint", command=("ruff",))
    done = judge(step, Ran(finished=Finished(exit_code=1, output="".join(f"{n}\n" for n in range(30)))), Gates())
    assert done.evidence == ("exit code 1", *(str(n) for n in range(20, 30)))
    assert judge(step, Ran(finished=Finished(exit_code=0)), Gates()).evidence == ()


def test_faults_of_outputs_fail_a_step_whose_command_passed():
    step = Step(name="build", command=("make",))
    assert not judge(step, Ran(finished=Finished(exit_code=0), faults=("gone",)), Gates()).passed


def test_processes_left_behind_are_counted():
    step = Step(name="a", command=("a",))
    done = judge(step, Ran(finished=Finished(exit_code=0, left_behind=2)), Gates())
    assert done.passed
    assert "2 processes" in done.evidence[0]


def test_a_coverage_report_that_cannot_be_used_fails_the_step():
    step = Step(name="a", command=("a",), evidence=Evidence(coverage="c.json"))
    done = judge(step, Ran(finished=Finished(exit_code=0), coverage=b"{}"), Gates())
    assert not done.passed
    assert "[E012]" in done.evidence[0]


@pytest.mark.parametrize("report", [None, b"", b"[]", b'{"totals": {"num_statements": 0, "covered_lines": 0}}'])
def test_what_says_nothing_about_coverage_is_refused(report):
    with pytest.raises(UnreadableReportError):
        covered_percent(report)


def test_coverage_is_asked_only_when_the_manifest_asks():
    assert judge_coverage(Gates(), [12.0]) is None


@pytest.mark.parametrize(
    ("covered", "answer"), [([80.0], Answer.PASSED), ([79.9], Answer.FAILED), ([], Answer.NOT_CHECKED)]
)
def test_coverage_against_its_threshold(covered, answer):
    assert judge_coverage(Gates(coverage=80), covered).answer is answer


def test_a_file_that_cannot_be_imported_says_why():
    inner = '<error message="collection failure">conftest.py:1\nE   OSError: first\nE   OSError: no server</error>'
    assert parse_junit(report(case("", inner))).failed == {"tests.test_a": "OSError: no server"}


def test_what_could_not_be_set_up_says_why():
    inner = '<error message="failed on setup with a.py, line 6&#10;E       fixture x not found">a</error>'
    assert parse_junit(report(case("a", inner))).failed == {"tests.test_a.a": "fixture x not found"}
