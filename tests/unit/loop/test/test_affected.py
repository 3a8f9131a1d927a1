"""Steps that a change is none of are skipped, and say so."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.verdicts import judge_flaky
from ecluse.loop.test.why import why
from ecluse.model.app import Evidence, Gates
from ecluse.model.events.runs import StepEnded
from ecluse.model.problem import ProblemError
from ecluse.model.verdict import Answer, Verdict
from support import repositories


@pytest.fixture
def run(world, do):
    def run(app, commit, since="", **options):
        found = do(run_steps(app, options.pop("world", world), commit=commit, since=since, **options))
        return {verdict.gate: verdict for verdict in found}

    return run


def answers(verdicts):
    return {name: "cached" if one.cached else str(one.answer) for name, one in verdicts.items()}


@pytest.fixture
def app(make):
    backend = make.step("backend", "true", paths=("backend/**",))
    return make.app(make.step("lint", "true"), backend, make.step("docs", "true", paths=("docs/",), needs=("lint",)))


def test_a_step_is_skipped_where_nothing_has_changed_since_it_passed(run, app, commit, world):
    run(app, commit({"backend/a": "1", "docs/a": "1"}))
    found = run(app, commit({"docs/a": "2"}))
    assert answers(found) == {"lint": "passed", "backend": "skipped", "docs": "passed"}
    (said,) = found["backend"].evidence
    assert said.startswith("nothing in backend/** has changed since it passed at ")
    assert not found["backend"].stops
    assert found["backend"].attempts == 0
    recorded = [record.event for record in world.ledger.events() if isinstance(record.event, StepEnded)]
    assert [event.answer for event in recorded if event.step == "backend"] == ["passed", "skipped"]


def test_what_is_known_to_pass_is_cached_rather_than_skipped(run, app, commit):
    at = commit({"backend/a": "1", "docs/a": "1"})
    run(app, at)
    assert set(answers(run(app, at)).values()) == {"cached"}


def test_a_ship_skips_nothing(run, app, commit):
    run(app, commit({"backend/a": "1", "docs/a": "1"}))
    assert answers(run(app, commit({"README": "2"}), since=None)) == dict.fromkeys(
        ("lint", "backend", "docs"), "passed"
    )


def test_one_that_failed_or_was_never_run_is_not_skipped(run, make, commit):
    app = make.app(make.step("backend", "false", paths=("backend/**",)))
    run(app, commit({"backend/a": "1"}))
    assert answers(run(app, commit({"README": "2"}))) == {"backend": "failed"}


def test_a_step_that_is_another_now_is_run(run, app, commit, make):
    run(app, commit({"backend/a": "1", "docs/a": "1"}))
    changed = make.app(make.step("backend", "true # more", paths=("backend/**",)))
    assert answers(run(changed, commit({"README": "2"}))) == {"backend": "passed"}


def test_a_change_is_for_what_needs_an_affected_step(run, make, commit):
    app = make.app(
        make.step("backend", "true", paths=("backend/**",)),
        make.step("e2e", "true", paths=("e2e/**",), needs=("backend",)),
    )
    before = commit({"backend/a": "1", "e2e/a": "1"})
    run(app, before)
    assert answers(run(app, commit({"backend/a": "2"}))) == {"backend": "passed", "e2e": "passed"}
    assert answers(run(app, commit({"README": "x"}))) == {"backend": "skipped", "e2e": "skipped"}


def test_a_step_whose_outputs_are_wanted_is_run(run, make, commit):
    build = make.step("build", "echo made > out", outputs=("out",), paths=("src/**",))
    app = make.app(build, make.step("e2e", "cat out", paths=("e2e/**",), needs=("build",)))
    run(app, commit({"src/a": "1", "e2e/a": "1"}))
    assert answers(run(app, commit({"e2e/a": "2"}))) == {"build": "passed", "e2e": "passed"}


@pytest.mark.parametrize("named", [True, False])
def test_outputs_of_a_step_without_paths_count_and_its_being_there_does_not(run, make, commit, named):
    build = make.step("build", "cp src/a out", inputs=("src/**",), outputs=("out",))
    app = make.app(build, make.step("e2e", "cat out", paths=("e2e/**",), needs=("build",)))
    before = commit({"src/a": "1", "e2e/a": "1"})
    run(app, before)
    since = before if named else ""
    assert answers(run(app, commit({"README": "x"}), since=since)) == {"build": "cached", "e2e": "skipped"}
    assert answers(run(app, commit({"src/a": "2"}), since=since)) == {"build": "passed", "e2e": "passed"}


def test_a_commit_to_compare_with_may_be_named(run, app, commit):
    before = commit({"backend/a": "1", "docs/a": "1"})
    at = commit({"docs/a": "2"})
    found = run(app, at, since=before)
    assert answers(found) == {"lint": "passed", "backend": "skipped", "docs": "passed"}
    assert found["backend"].evidence == (f"nothing in backend/** has changed since {before} ({before[:12]})",)
    with pytest.raises(ProblemError):
        run(app, at, since="nowhere")


@pytest.mark.parametrize("path", ["ecluse.toml", "uv.lock", "requirements.txt", "requirements/dev.txt"])
def test_what_decides_how_steps_are_run_is_for_all_of_them(run, app, commit, path):
    before = commit({"backend/a": "1", "docs/a": "1"})
    assert answers(run(app, commit({path: "x"}), since=before))["backend"] == "passed"


def test_in_a_request_to_merge_it_is_compared_with_what_it_is_merged_into(run, app, commit, root, world):
    into = commit({"backend/a": "1", "docs/a": "1"})
    repositories.git(root, "switch", "--quiet", "--create", "topic")
    first = commit({"docs/a": "2"})
    repositories.git(root, "switch", "--quiet", "--detach", into)
    repositories.git(root, "merge", "--quiet", "--no-ff", "-m", "merge", first)
    merge = repositories.git(root, "rev-parse", "HEAD").strip()
    github = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request"}
    for env, at in ((github, merge), ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": into}, first)):
        found = run(app, at, world=replace(world, env={**world.env, **env}), names=("backend",))
        assert answers(found) == {"backend": "skipped"}
        assert found["backend"].evidence[0].endswith(f"what it is merged into ({into[:12]})")
    plain = run(app, first, world=replace(world, env={**world.env, **github}), names=("backend",))
    assert answers(plain) == {"backend": "passed"}, "its first parent is no base: it is no merge"


def test_where_that_commit_is_not_there_everything_runs(run, app, commit, world):
    env = {**world.env, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "0" * 39 + "1"}
    found = run(app, commit({"backend/a": "1"}), world=replace(world, env=env), names=("backend",))
    assert answers(found) == {"backend": "passed"}


def test_a_skipped_step_leaves_a_word_where_jobs_look(run, app, commit, tmp_path):
    before = commit({"backend/a": "1"})
    at = commit({"docs/a": "2"})
    found = run(app, at, since=before, names=("backend",), only=True, artifacts=tmp_path / "artifacts")
    assert answers(found) == {"backend": "skipped"}
    assert "nothing in backend/**" in (tmp_path / "artifacts/backend/logs/skipped.log").read_text()


def test_a_job_whose_outputs_another_wants_runs_although_it_alone_would_be_skipped(run, make, commit, tmp_path):
    build = make.step("build", "echo made > out", outputs=("out",), paths=("src/**",))
    app = make.app(build, make.step("e2e", "cat out", paths=("e2e/**",), needs=("build",)))
    before = commit({"src/a": "1", "e2e/a": "1"})
    apart = {"only": True, "artifacts": tmp_path / "artifacts", "since": before}
    other = commit({"e2e/a": "2"})
    assert answers(run(app, other, names=("build",), **apart)) == {"build": "passed"}
    assert answers(run(app, other, names=("e2e",), **apart)) == {"e2e": "passed"}
    neither = commit({"e2e/a": "1"})
    assert answers(run(app, neither, names=("build",), **apart)) == {"build": "skipped"}
    assert answers(run(app, neither, names=("e2e",), **apart)) == {"e2e": "skipped"}


def test_a_run_in_which_all_is_skipped_makes_no_environment(app, commit, world):
    before = commit({"backend/a": "1"})
    at = commit({"docs/b": "2"})

    class Never:
        def interpreters(self):
            return ()

    blind = replace(world, toolchain=Never())
    (verdict,) = asyncio.run(run_steps(app, blind, commit=at, since=before, names=("backend",)))
    assert verdict.answer is Answer.SKIPPED


def test_coverage_is_not_asked_where_what_measures_is_skipped(run, make, commit):
    test = make.step("test", "true", paths=("backend/**",), evidence=Evidence(coverage="coverage.json"))
    app = make.app(test, gates=Gates(coverage=80))
    before = commit({"backend/a": "1"})
    found = run(app, commit({"README": "2"}), since=before)
    assert answers(found) == {"test": "skipped", "gates.coverage": "skipped"}


@pytest.mark.parametrize(("most", "answer"), [(0, "failed"), (1, "passed"), (None, None)])
def test_flaky_steps_can_be_a_gate(most, answer):
    verdicts = [
        Verdict(gate="a", answer=Answer.PASSED, attempts=3),
        Verdict(gate="b", answer=Answer.FAILED, attempts=2),
        Verdict(gate="c", answer=Answer.PASSED),
    ]
    found = judge_flaky(Gates(flaky=most), verdicts)
    assert (found and str(found.answer)) == answer
    if found:
        assert found.evidence == (f"1 flaky step, {most} at most", "a passed at attempt 3")


@pytest.mark.parametrize(
    ("paths", "skipped"),
    [
        (("bakend/**",), False), (("bakend",), False), (("backend/**", "bakend"), False),
        (("backend/**", "backend/*.sql"), True), (("backend",), True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("since", ["", "HEAD~1"])
def test_a_step_whose_paths_name_nothing_is_not_skipped(run, make, commit, world, paths, skipped, since):
    app = make.app(make.step("tests", "true", paths=paths))
    run(app, commit({"backend/a": "1"}))
    found = run(app, commit({"docs/a": "2"}), since)
    assert answers(found) == {"tests": "skipped" if skipped else "passed"}
    said = [text for _, text in world.reporter.lines if text.startswith("tests isn't skipped: of its `paths`, ")]
    assert bool(said) is not skipped


def test_why_tells_of_a_step_that_would_be_skipped(run, app, commit, world, do):
    run(app, commit({"backend/a": "1", "docs/a": "1"}))
    at = commit({"docs/a": "2"})
    (backend,), (docs,) = (do(why(name, app, world, at, {})) for name in ("backend", "docs"))
    assert backend.skipped.startswith("nothing in backend/** has changed since it passed at ")
    assert (backend.changes, docs.skipped) == (("input docs/a changed",), "")
