"""Running the manifest's steps, with real git, real programs and a real ledger."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.test.outputs import collect, read_report
from ecluse.loop.test.steps import run_steps
from ecluse.model.app import Evidence, Gates
from ecluse.model.events.runs import StepEnded
from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret
from ecluse.model.verdict import Answer

PYTEST = "python -m pytest -q -p no:cacheprovider -p no:randomly --junitxml=report.xml"


@pytest.fixture
def run(world, do):
    def run(app, commit, **options):
        return {verdict.gate: verdict for verdict in do(run_steps(app, world, commit=commit, **options))}

    return run


def answers(verdicts):
    return {name: str(verdict.answer) for name, verdict in verdicts.items()}


def log_of(verdict):
    """What a step printed; who printed nothing has no log."""
    return Path(verdict.log).read_text() if verdict.log else ""


def left_in(world):
    work = world.home / "work"
    return list(work.iterdir()) if work.exists() else []


def test_a_step_sees_the_commit_and_never_the_working_tree(run, commit, root, make):
    at = commit({"a": "committed", "sub/b": "b"})
    (root / "a").write_text("changed")
    (root / "new").write_text("new")
    verdicts = run(make.app(make.step("list", "find . -type f | sort; cat a")), at)
    assert answers(verdicts) == {"list": "passed"}
    assert log_of(verdicts["list"]) == "./a\n./sub/b\ncommitted"


def test_what_is_sought_above_a_step_s_tree_is_not_the_repository_s(run, commit, root, world, make):
    at = commit({"a": ""})
    (root / ".env").write_text("SECRET=1")
    world = replace(world, home=root / ".ecluse")
    sought = (
        "here=$PWD; until [ $here = / ]; do here=$(dirname $here); ls -d $here/.env $here/.git 2>/dev/null; done; :"
    )
    (verdict,) = asyncio.run(run_steps(make.app(make.step("look", sought)), world, commit=at))
    assert log_of(verdict) == ""


@pytest.mark.usefixtures("veils")
def test_a_step_does_not_see_what_lies_in_the_repository_above_its_packages(run, commit, root, world, make):
    at = commit({"a": ""})
    (root / ".env").write_text("SECRET=1")
    world = replace(world, home=root / ".ecluse")
    step = make.step("look", f"cd {root}/.ecluse && ls -A .. && test -d work")
    (verdict,) = asyncio.run(run_steps(make.app(step), world, commit=at))
    assert str(verdict.answer) == "passed"
    assert log_of(verdict).split() == [".ecluse"]


def test_dirty_means_the_working_tree(run, commit, root, make):
    at = commit({"a": "committed"})
    (root / "a").write_text("changed")
    (root / "new").write_text("new")
    verdicts = run(make.app(make.step("list", "ls; cat a")), at, dirty=True)
    assert log_of(verdicts["list"]) == "a\nnew\nchanged"


def test_only_declared_inputs_are_there(run, commit, make):
    at = commit({"src/a.py": "", "src/deep/b.py": "", "docs/c.md": "", "d.toml": ""})
    steps = [
        make.step("some", "find . -type f | sort", inputs=("src/**/*.py", "d.toml")),
        make.step("none", "find . -type f", inputs=()),
    ]
    verdicts = run(make.app(*steps), at)
    assert log_of(verdicts["some"]) == "./d.toml\n./src/a.py\n./src/deep/b.py\n"
    assert log_of(verdicts["none"]) == ""


@pytest.mark.parametrize(
    "script", ["mkfifo out/pipe", "python -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"out/socket\")'"]
)
def test_an_output_that_is_no_file_fails_its_step_and_holds_nobody_up(run, commit, make, script):
    at = commit({"a": ""})
    verdicts = run(make.app(make.step("odd", f"mkdir out; echo x > out/x; {script}", outputs=("out",))), at)
    assert answers(verdicts) == {"odd": "failed"}
    assert "[E063]" in verdicts["odd"].evidence[0]


def test_an_output_that_can_t_be_copied_fails_its_step(tmp_path, make):
    (tmp_path / "tree/out").mkdir(parents=True)
    (tmp_path / "tree/out/x").write_text("x")
    (tmp_path / "into/out/x/y").mkdir(parents=True)  # a folder lies where a file would
    (fault,) = collect(make.step("a", "true", outputs=("out",)), tmp_path / "tree", tmp_path / "into", ())
    assert fault.startswith("the declared output out can't be kept: [Errno 21] Is a directory")


@pytest.mark.parametrize("script", ['touch "out/$TOKEN"', 'mkdir "out/x$TOKEN"', 'ln -s "/x/$TOKEN" out/link'])
def test_a_secret_in_a_name_or_a_link_of_an_output_is_one(run, commit, make, script):
    at = commit({"a": ""})
    step = make.step("leak", f"mkdir out; {script}", secrets=("TOKEN",), outputs=("out",))
    verdicts = run(make.app(step), at, environment_secrets={"TOKEN": Secret("s3cret-value")})
    assert answers(verdicts) == {"leak": "failed"}
    assert "[E008]" in verdicts["leak"].evidence[0]


def test_declared_outputs_reach_those_who_need_them_and_nothing_else_does(run, commit, make):
    at = commit({"a": ""})
    steps = [
        make.step("build", "mkdir dist; echo built > dist/x; echo other > scrap", outputs=("dist/",)),
        make.step("use", "ls; cat dist/x", needs=("build",)),
        make.step("apart", "ls"),
    ]
    verdicts = run(make.app(*steps), at)
    assert log_of(verdicts["use"]) == "a\ndist\nbuilt\n"
    assert log_of(verdicts["apart"]) == "a\n"


def test_a_step_can_not_change_what_another_one_sees(run, commit, make):
    at = commit({"a": "as it was\n"})
    steps = [make.step("spoil", "echo spoilt > a", outputs=()), make.step("read", "cat a", needs=("spoil",))]
    verdicts = run(make.app(*steps), at)
    assert log_of(verdicts["read"]) == "as it was\n"


def test_an_output_that_is_missing_or_leads_away_fails_the_step(run, commit, make):
    at = commit()
    steps = [
        make.step("missing", "true", outputs=("dist",)),
        make.step("away", "ln -s /etc/passwd dist2", outputs=("dist2",)),
    ]
    verdicts = run(make.app(*steps), at)
    assert answers(verdicts) == {"missing": "failed", "away": "failed"}
    assert "[E006]" in verdicts["missing"].evidence[0]
    assert "[E007]" in verdicts["away"].evidence[0]


def test_the_environment_holds_what_was_declared_and_nothing_by_accident(run, commit, world, make):
    at = commit()
    step = make.step("env", "env | sort", env={"OWN": "1"}, pass_env=("WANTED", "ABSENT"))
    verdicts = run(make.app(step), at)
    env = dict(line.split("=", 1) for line in log_of(verdicts["env"]).splitlines())
    assert set(env) - {"PWD", "_", "SHLVL", "OLDPWD"} == {
        *("PATH", "LANG", "TZ", "HOME", "TMPDIR", "CI", "ECLUSE_STEP"),
        *("OWN", "WANTED"),
    }
    assert (env["LANG"], env["TZ"]) == ("C.UTF-8", "UTC")
    assert not Path(env["HOME"]).exists()
    assert env["HOME"] != world.env["HOME"]
    assert len(env["TMPDIR"]) < 60


def test_what_differs_from_run_to_run_is_seen_where_it_is_asked_for(run, commit, make):
    at = commit()
    verdicts = run(make.app(make.step("a", "echo $ECLUSE_COMMIT", pass_env=("ECLUSE_COMMIT",))), at)
    assert log_of(verdicts["a"]) == f"{at}\n"


def test_a_granted_secret_is_there_and_nowhere_to_be_read(run, commit, world, make):
    at = commit()
    step = make.step("show", 'test "$TOKEN" = hunter2; echo "it is $TOKEN"', secrets=("TOKEN",))
    other = make.step("other", 'test -z "${TOKEN:-}"')
    secrets = {"TOKEN": Secret("hunter2"), "UNGRANTED": Secret("true")}
    verdicts = run(make.app(step, other), at, environment_secrets=secrets)
    assert answers(verdicts) == {"show": "passed", "other": "passed"}
    assert log_of(verdicts["show"]) == "it is [secret]\n"
    assert ("show", "it is [secret]") in world.reporter.lines


def test_a_secret_in_a_report_is_neither_evidence_nor_kept(run, commit, make, world):
    report = '<testsuite><testcase name="a"><failure message="$TOKEN is wrong"/></testcase></testsuite>'
    script = f"printf '%s' '{report}' | sed \"s/.TOKEN/$TOKEN/\" > report.xml; exit 1"
    step = make.step("leak", script, secrets=("TOKEN",), evidence=Evidence(junit="report.xml"))
    verdicts = run(make.app(step), commit(), environment_secrets={"TOKEN": Secret("hunter2")})
    assert verdicts["leak"].evidence[0] == "failed: a: [secret] is wrong"
    assert b"hunter2" not in (Path(verdicts["leak"].log).parent / "leak.report.xml").read_bytes()


def test_a_secret_that_is_a_word_of_a_report_does_not_spoil_it(run, commit, make):
    report = (
        '<testsuite><testcase name="a"/><testcase name="b"><failure message="a test failed"/></testcase></testsuite>'
    )
    script = f"printf '%s' '{report}' > report.xml; exit 1"
    step = make.step("words", script, secrets=("WORD",), evidence=Evidence(junit="report.xml"))
    verdicts = run(make.app(step), commit(), environment_secrets={"WORD": Secret("test")})
    assert verdicts["words"].evidence[:2] == ("failed: b: a [secret] failed", "2 tests, 1 failed")


def test_a_secret_that_a_report_writes_with_references_or_that_is_cut_is_masked(run, commit, make):
    start = "x" * 295
    report = f'<testsuite><testcase name="a"><failure message="{start}s&#233;cr&#x65;t-value"/></testcase></testsuite>'
    script = f"printf '%s' '{report}' > report.xml; exit 1"
    step = make.step("leak", script, secrets=("TOKEN",), evidence=Evidence(junit="report.xml"))
    verdicts = run(make.app(step), commit(), environment_secrets={"TOKEN": Secret("sécret-value")})
    assert verdicts["leak"].evidence[0].startswith(f"failed: a: {start}[sec")


def test_a_report_that_cannot_be_read_is_a_problem_of_its_step(tmp_path):
    with pytest.raises(ProblemError, match=r"the report dark/report\.xml can't be read: Is a directory") as caught:
        read_report(tmp_path, Path("dark/report.xml"))
    assert caught.value.problems[0].code == "E011"


def test_reports_of_one_name_are_all_kept(run, commit, make):
    report = "<testsuite><testcase name='$at'/></testsuite>"
    script = f'echo hi; mkdir a b; for at in a b; do echo "{report}" > $at/report.xml; done'
    verdicts = run(make.app(make.step("two", script, evidence=Evidence(junit="*/report.xml"))), commit())
    assert verdicts["two"].evidence == ("2 tests",)
    assert sorted(path.name for path in Path(verdicts["two"].log).parent.glob("*.xml")) == [
        "two.a-report.xml", "two.b-report.xml",
    ]  # fmt: skip


def test_a_secret_in_an_output_fails_the_step(run, commit, make):
    at = commit()
    step = make.step("leak", 'mkdir out; echo "$TOKEN" > out/config', secrets=("TOKEN",), outputs=("out",))
    verdicts = run(make.app(step), at, environment_secrets={"TOKEN": Secret("hunter2")})
    assert "[E008]" in verdicts["leak"].evidence[0]


def test_a_secret_that_nobody_has_fails_the_step_before_it_begins(run, commit, make):
    verdicts = run(make.app(make.step("a", "true", secrets=("TOKEN",))), commit())
    assert verdicts["a"].answer is Answer.FAILED
    assert "[E015]" in verdicts["a"].evidence[0]


def test_a_failed_step_shows_its_last_lines_and_those_behind_it_are_not_run(run, commit, make):
    steps = [make.step("a", "echo what went wrong; exit 3"), make.step("b", "true", needs=("a",))]
    verdicts = run(make.app(*steps), commit())
    assert answers(verdicts) == {"a": "failed", "b": "not_run"}
    assert verdicts["a"].evidence == ("exit code 3", "what went wrong")
    assert verdicts["b"].evidence == ("it needs a, which did not pass",)
    assert verdicts["b"].log == ""


def test_a_program_that_is_not_there_fails_its_step_with_a_way_out(run, commit, make):
    verdicts = run(make.app(make.step("a", "true"), make.step("b", "x", needs=())), commit())
    assert verdicts["b"].answer is Answer.FAILED
    missing = make.step("c", "")
    verdicts = run(make.app(type(missing)(name="c", command=("no-such-tool",))), commit())
    assert "[S001]; install no-such-tool" in verdicts["c"].evidence[0]


def test_a_step_that_hangs_is_stopped_and_says_after_how_long(run, commit, make):
    step = make.step("hang", "echo waiting; sleep 600", timeout=timedelta(seconds=0.2))
    verdicts = run(make.app(step), commit())
    assert verdicts["hang"].evidence == ("it took longer than 0.2 s and was stopped [E010]", "waiting")


def test_children_that_stay_are_ended_and_reported(run, commit, make):
    verdicts = run(make.app(make.step("a", "sleep 600 &")), commit())
    assert verdicts["a"].answer is Answer.PASSED
    assert verdicts["a"].evidence == ("it left 1 process running, which did not outlive it [E014]",)


def test_a_step_that_passes_after_a_retry_is_flaky_and_says_so(run, commit, make, tmp_path):
    script = f"if test -e {tmp_path}/seen; then exit 0; fi; touch {tmp_path}/seen; echo first; exit 1"
    verdicts = run(make.app(make.step("a", script, retries=2)), commit())
    assert (verdicts["a"].answer, verdicts["a"].attempts) == (Answer.PASSED, 2)
    assert verdicts["a"].evidence == ("flaky: passed at attempt 2",)
    assert (Path(verdicts["a"].log).parent / "a.log").read_text() == "first\n"


def test_each_end_is_in_the_ledger(run, commit, world, make):
    steps = [make.step("a", "exit 1"), make.step("b", "true", needs=("a",)), make.step("c", "true")]
    run(make.app(*steps), commit())
    recorded = [record.event for record in world.ledger.events()]
    assert all(isinstance(event, StepEnded) for event in recorded)
    assert {event.step: event.answer for event in recorded} == {"a": "failed", "b": "not_run", "c": "passed"}


def test_only_the_named_steps_and_their_needs_run(run, commit, make):
    app = make.app(make.step("a", "true"), make.step("b", "true", needs=("a",)), make.step("c", "true"))
    at = commit()
    assert answers(run(app, at, names=("b",))) == {"a": "passed", "b": "passed"}
    assert answers(run(app, at, names=("b",), only=True)) == {"b": "passed"}
    assert run(app, at, names=()) == {}


def test_names_that_are_not_there_are_told_with_a_near_one(run, commit, make):
    app = make.app(make.step("tests", "true"))
    with pytest.raises(ProblemError) as caught:
        run(app, commit(), names=("test", "zzz"))
    assert [problem.code for problem in caught.value.problems] == ["E004", "E004"]
    assert "'tests'" in caught.value.problems[0].fix


def test_two_owners_of_one_output_are_a_problem(run, commit, make):
    app = make.app(make.step("a", "true", outputs=("dist",)), make.step("b", "true", outputs=("dist/",)))
    with pytest.raises(ProblemError) as caught:
        run(app, commit())
    assert caught.value.problems[0].code == "E005"


def test_a_test_run_is_judged_by_its_report(run, commit, make):
    at = commit({"test_a.py": "def test_one(): pass\ndef test_two(): assert 0\n"})
    step = make.step("tests", PYTEST, evidence=Evidence(junit="report.xml"))
    verdicts = run(make.app(step), at)
    assert verdicts["tests"].answer is Answer.FAILED
    assert verdicts["tests"].evidence[0].startswith("failed: test_a.test_two: assert 0")
    assert verdicts["tests"].evidence[1] == "2 tests, 1 failed"
    kept = Path(verdicts["tests"].log).parent / "tests.report.xml"
    assert b"test_two" in kept.read_bytes()


LISTING = Evidence(junit="report.xml", known_failures="known.txt")
SUITE = {"ecluse.toml": "", "test_a.py": "def test_one(): pass\ndef test_two(): assert 0\n"}


@pytest.mark.once
def test_a_listed_failure_does_not_stop_and_is_told(run, commit, make):
    at = commit({**SUITE, "known.txt": "test_a.py::test_two  # nobody knows why\n"})
    verdicts = run(make.app(make.step("tests", PYTEST, evidence=LISTING)), at)
    assert verdicts["tests"].answer is Answer.PASSED
    assert "known failure: test_a.test_two" in verdicts["tests"].evidence
    assert verdicts["tests"].known_failures == ("test_a.test_two",)


STOPS = "[tool.pytest.ini_options]\naddopts = '-x'\n"
FIRST_FAILS = {
    **SUITE,
    "test_a.py": "def test_two(): assert 0\ndef test_three(): assert 0\n",
    "known.txt": "test_a.test_two",
}


@pytest.mark.parametrize(
    ("files", "command", "who"),
    [
        ({"pyproject.toml": STOPS}, PYTEST, "addopts of pyproject.toml ends"),
        ({"pyproject.toml": STOPS, "run.sh": PYTEST}, "sh run.sh", "addopts of pyproject.toml ends"),
        ({"run.sh": f"{PYTEST} --maxfail=1"}, "sh run.sh", "the command ends"),
    ],
)
@pytest.mark.once
def test_settings_that_end_a_suite_at_a_known_failure_hide_the_rest(run, commit, make, files, command, who):
    at = commit({**FIRST_FAILS, **files})
    verdict = run(make.app(make.step("tests", command, evidence=LISTING)), at)["tests"]
    assert verdict.answer is Answer.FAILED
    assert verdict.evidence[0].startswith(f"{who} the suite after 1 failure, which hides the rest")


def test_a_command_that_goes_on_in_spite_of_its_settings_is_judged_by_what_failed(run, commit, make):
    at = commit({**FIRST_FAILS, "pyproject.toml": STOPS})
    verdict = run(make.app(make.step("tests", f"{PYTEST} --maxfail=0", evidence=LISTING)), at)["tests"]
    assert verdict.evidence[0].startswith("failed: test_a.test_three")
    assert not any("[E021]" in fact for fact in verdict.evidence)


def test_the_list_is_the_commit_s(run, commit, make, root):
    at = commit({**SUITE, "known.txt": "\n"})
    (root / "known.txt").write_text("test_a.test_two\n")
    assert run(make.app(make.step("tests", PYTEST, evidence=LISTING)), at)["tests"].answer is Answer.FAILED


def test_a_list_that_the_commit_lacks_is_a_problem(run, commit, make, root):
    at = commit(SUITE)
    (root / "known.txt").write_text("test_a.test_two\n")
    with pytest.raises(ProblemError) as caught:
        run(make.app(make.step("tests", PYTEST, evidence=LISTING)), at)
    assert [problem.code for problem in caught.value.problems] == ["E018"]


@pytest.mark.once
def test_a_commit_without_a_manifest_takes_the_list_that_lies_beside_it(run, commit, make, root):
    at = commit({"test_a.py": SUITE["test_a.py"]})
    (root / "known.txt").write_text("test_a.test_two\n")
    assert run(make.app(make.step("tests", PYTEST, evidence=LISTING)), at)["tests"].answer is Answer.PASSED


def test_a_list_outside_of_the_tree_is_not_read(run, commit, make, root):
    at = commit(SUITE)
    (root.parent / "known.txt").write_text("test_a.test_two\n")
    (root / "known.txt").symlink_to("../known.txt")
    with pytest.raises(ProblemError):
        run(make.app(make.step("tests", PYTEST, evidence=LISTING)), at, dirty=True)


@pytest.mark.once
def test_no_test_executed_is_not_a_pass(run, commit, make):
    at = commit({"test_a.py": "import pytest\n@pytest.mark.skip\ndef test_one(): pass\n"})
    verdicts = run(make.app(make.step("tests", PYTEST, evidence=Evidence(junit="report.xml"))), at)
    assert verdicts["tests"].answer is Answer.FAILED
    assert verdicts["tests"].evidence[0] == "no test was executed, which is not a pass [E013]"


def test_coverage_is_a_gate_of_its_own(run, commit, make, world):
    report = '{"totals": {"num_statements": 10, "covered_lines": 8}}'
    step = make.step("tests", f"echo '{report}' > cov.json", evidence=Evidence(coverage="cov.json"))
    at = commit()
    verdicts = run(make.app(step, gates=Gates(coverage=90)), at)
    assert answers(verdicts) == {"tests": "passed", "gates.coverage": "failed"}
    assert verdicts["gates.coverage"].evidence == ("80.0 % of lines, 90 % wanted",)
    assert answers(run(make.app(step, gates=Gates(coverage=80)), at))["gates.coverage"] == "passed"
    assert "gates.coverage" not in run(make.app(step), at)
    broken = make.step("tests", "exit 1", evidence=Evidence(coverage="cov.json"))
    assert answers(run(make.app(broken, gates=Gates(coverage=1)), at))["gates.coverage"] == "not_checked"


def test_a_coverage_gate_that_nobody_could_answer_is_a_problem(run, commit, make):
    with pytest.raises(ProblemError) as caught:
        run(make.app(make.step("tests", "true"), gates=Gates(coverage=90)), commit())
    assert caught.value.problems[0].code == "E017"


def test_nothing_of_a_run_is_left_but_its_logs(run, commit, make, world, tmp_path):
    script = "mkdir ro; touch ro/x; chmod 500 ro; echo $TMPDIR; touch $TMPDIR/x"
    verdicts = run(make.app(make.step("a", script)), commit())
    assert left_in(world) == []
    assert not Path(log_of(verdicts["a"]).strip()).parent.parent.exists()


def test_a_cancelled_run_ends_its_steps_records_them_and_leaves_nothing(commit, make, world, do):
    at = commit()
    app = make.app(make.step("slow", "echo begun; sleep 600"), make.step("next", "true", needs=("slow",)))

    async def cancelled():
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        tell = world.reporter.line
        world.reporter.line = lambda name, text: (
            tell(name, text),
            loop.call_soon_threadsafe(begun.set) if text == "begun" else None,
        )
        task = asyncio.create_task(run_steps(app, world, commit=at))
        await begun.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        do(cancelled())
    recorded = {record.event.step: record.event.answer for record in world.ledger.events()}
    assert recorded == {"slow": "not_run", "next": "not_run"}
    assert left_in(world) == []


def test_what_a_killed_run_left_is_cleared_by_the_next(run, commit, make, world, tmp_path):
    left = world.home / "work" / "run-before"
    left.mkdir(parents=True)
    (left / "lock").touch()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (left / "places").write_bytes(os.fsencode(scratch) + b"\0")
    run(make.app(make.step("a", "true")), commit())
    assert not left.exists()
    assert not scratch.exists()


def test_steps_run_side_by_side_when_there_are_jobs(run, commit, make, tmp_path):
    meet = "echo hi > {0}/{2} & cat {0}/{1}; wait"  # a pipe opens when both ends are there
    os.mkfifo(tmp_path / "a")
    os.mkfifo(tmp_path / "b")
    steps = [
        make.step("one", meet.format(tmp_path, "a", "b"), timeout=timedelta(seconds=60)),
        make.step("two", meet.format(tmp_path, "b", "a"), timeout=timedelta(seconds=60)),
    ]
    assert set(answers(run(make.app(*steps), commit(), jobs=2)).values()) == {"passed"}


def test_a_report_that_was_committed_proves_nothing(run, commit, make):
    at = commit({"report.xml": '<testsuite><testcase classname="a" name="b"/></testsuite>'})
    verdicts = run(make.app(make.step("tests", "true", evidence=Evidence(junit="report.xml"))), at)
    assert verdicts["tests"].evidence == ("the test report report.xml can't be used: it isn't there [E011]",)


def test_a_suite_may_leave_several_reports(run, commit, make):
    def write(name, inner=""):
        case = f'<testcase classname="a" name="{name}">{inner}</testcase>'
        return f"echo '<testsuite>{case}</testsuite>' > TEST-{name}.xml"

    script = f"{write('one')}; {write('two', '<failure/>')}; exit 1"
    verdicts = run(make.app(make.step("tests", script, evidence=Evidence(junit="TEST-*.xml"))), commit())
    assert verdicts["tests"].evidence == ("failed: a.two", "2 tests, 1 failed")
    assert verdicts["tests"].answer is Answer.FAILED
