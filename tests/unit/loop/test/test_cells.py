"""Cells of a matrix: steps of their own in a run, in the cache, in what they leave."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.loop.services.scratch import Scratch
from ecluse.loop.test.select import select
from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.why import why
from ecluse.model.app import Evidence, Step
from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.python import Interpreter


@pytest.fixture
def run(world, do):
    def run(app, commit, **options):
        return {verdict.gate: verdict for verdict in do(run_steps(app, world, commit=commit, **options))}

    return run


def cell(make, value, script="echo $DB", python="", **options):
    label = "-".join(filter(None, [python, value]))
    return make.step(
        f"test[{label}]", script, of="test", cell={"DB": value}, env={"DB": value}, python=python, **options
    )


def test_a_cell_is_named_by_its_brackets_by_an_at_or_with_all_the_others(make):
    steps = (cell(make, "a"), cell(make, "b"), make.step("last", "true", needs=("test[a]", "test[b]")))
    named = {name: [step.name for step in select(steps, [name], only=True)] for name in ("test", "test[b]", "test@a")}
    assert named == {"test": ["test[a]", "test[b]"], "test[b]": ["test[b]"], "test@a": ["test[a]"]}
    assert [step.name for step in select(steps, ["last"])] == ["test[a]", "test[b]", "last"]
    with pytest.raises(ProblemError) as caught:
        select(steps, ["test[c]"])
    assert [problem.code for problem in caught.value.problems] == ["E004"]


def test_each_has_its_log_its_outputs_and_its_place_in_the_cache(run, commit, make):
    script = "mkdir -p out; echo $DB $ECLUSE_CELL | tee out/$ECLUSE_CELL"
    steps = [cell(make, value, script, inputs=("src",), outputs=(f"out/{value}",)) for value in ("a", "b")]
    app = make.app(*steps, make.step("last", "cat out/*", needs=("test[a]", "test[b]"), inputs=()))
    at = commit({"src": "1"})
    first = run(app, at)
    assert {name: Path(verdict.log).name for name, verdict in first.items()} == {
        "test[a]": "test@a.log", "test[b]": "test@b.log", "last": "last.log",
    }  # fmt: skip
    assert Path(first["last"].log).read_text() == "a a\nb b\n"
    changed = make.app(steps[0], replace(steps[1], env={"DB": "other"}), app.steps[2])
    second = run(changed, at)
    assert {name: bool(verdict.cached) for name, verdict in second.items()} == {
        "test[a]": True, "test[b]": False, "last": False,
    }  # fmt: skip


class Pythons:
    """A toolchain with an environment for each Python but one."""

    def __init__(self, folder):
        self.folder, self.asked = folder, []

    def interpreters(self):
        return (Interpreter(version="3.11.9", path=Path("/p311")), Interpreter(version="3.12.1", path=Path("/p312")))

    def content_of(self, environment):
        return environment.name

    async def environment(self, tree, build, *, tests, identity="", say):
        self.asked.append(build.python)
        if build.python == "3.9":
            raise ProblemError(Problem(code="B001", what="no interpreter here", fix="add one"))
        path = self.folder / f"env-{build.python or 'own'}"
        (path / "bin").mkdir(parents=True, exist_ok=True)
        return path


@pytest.fixture
def pythons(world, tmp_path):
    return replace(world, toolchain=Pythons(tmp_path))


def verdicts(app, world, at, **options):
    return {one.gate: one for one in asyncio.run(run_steps(app, world, commit=at, **options))}


PATH = "echo ${PATH%%:*}"


def test_a_cell_runs_with_its_own_python(pythons, commit, make):
    app = make.app(make.step("lint", PATH), *(cell(make, "", PATH, python=one) for one in ("3.11", "3.12")))
    found = verdicts(app, pythons, commit())
    folders = {name: Path(Path(verdict.log).read_text().strip()).parent.name for name, verdict in found.items()}
    assert folders == {"lint": "env-own", "test[3.11]": "env-3.11", "test[3.12]": "env-3.12"}


def test_a_python_that_is_not_there_fails_its_cell_and_what_needs_it_and_no_other(pythons, commit, make):
    names = ("test[3.9]", "test[3.12]")
    app = make.app(
        *(cell(make, "", PATH, python=one) for one in ("3.9", "3.12")), make.step("last", "true", needs=names)
    )
    at = commit()
    found = verdicts(app, pythons, at)
    assert {name: str(one.answer) for name, one in found.items()} == {
        "test[3.9]": "failed", "test[3.12]": "passed", "last": "not_run",
    }  # fmt: skip
    (said,) = found["test[3.9]"].evidence
    assert said.startswith("test[3.9] wants Python 3.9: there is none on this machine (there are 3.11, 3.12) [E060]")
    assert found["test[3.9]"].log == ""
    told = {one.step: one.kept or one.reason for one in asyncio.run(why("test", app, pythons, at, {}))}
    assert "wants Python 3.9" in told["test[3.9]"]
    assert "passed at" in told["test[3.12]"]


def test_only_the_pythons_that_are_wanted_get_an_environment(pythons, commit, make):
    app = make.app(make.step("lint", "true"), cell(make, "", "true", python="3.12"))
    verdicts(app, pythons, commit(), names=("test",))
    assert pythons.toolchain.asked == ["3.12"]


def test_a_whole_run_of_cells_is_known_without_an_environment(pythons, commit, make):
    app = make.app(make.step("lint", "true"), cell(make, "", "true", python="3.12"))
    at = commit()
    verdicts(app, pythons, at)
    pythons.toolchain.asked.clear()
    assert all(verdict.cached for verdict in verdicts(app, pythons, at).values())
    assert pythons.toolchain.asked == []


def test_cells_handed_over_lie_apart(world, commit, make, tmp_path):
    steps = [cell(make, value, "echo $DB | tee out", outputs=("out",)) for value in ("7", "7.2")]
    app = make.app(*steps)
    for step in steps:
        found = asyncio.run(
            run_steps(app, world, commit=commit(), names=(step.name,), only=True, artifacts=tmp_path / "artifacts")
        )
        assert [str(one.answer) for one in found] == ["passed"]
    left = sorted(str(path.relative_to(tmp_path / "artifacts")) for path in (tmp_path / "artifacts").rglob("log*/*"))
    assert left == ["test@7.2/logs/log", "test@7/logs/log"]


def test_logs_of_one_cell_are_not_taken_for_those_of_another(world, commit, make, tmp_path):
    steps = [cell(make, value) for value in ("7", "7.2")]
    asyncio.run(run_steps(make.app(*steps), world, commit=commit(), artifacts=tmp_path / "artifacts"))
    assert [path.name for path in (tmp_path / "artifacts" / "test@7" / "logs").iterdir()] == ["log"]


def test_a_shared_list_of_known_failures_loses_what_passes_in_every_cell(world, root, commit, make):
    from ecluse.loop.test.listed import renewals
    from ecluse.model.verdict import Answer, Verdict

    steps = [cell(make, value, evidence=Evidence(junit="r.xml", known_failures="known.txt")) for value in ("a", "b")]
    commit({"known.txt": "test.one\ntest.two\n"})

    def cured(*names):
        return [Verdict(gate=step.name, answer=Answer.PASSED, cured=of) for step, of in zip(steps, names, strict=True)]

    (renewed,) = renewals(steps, cured(("test.one", "test.two"), ("test.two",)), root)
    assert (renewed.cured, renewed.text) == (("test.two",), "test.one\n")
    assert renewals(steps, cured(("test.one",), ("test.two",)), root) == ()
    assert renewals(steps, cured(("test.one",), ())[:1], root) == ()


def test_cells_have_services_of_their_own(world, tmp_path):
    services = Scratch(world=world, folder=tmp_path)
    assert services.apart("test@a") is services.apart("test@a")
    assert services.apart("test@a") is not services.apart("test@b")
    assert services.apart("test@a").folder == tmp_path / "test@a"


def test_the_label_of_a_plain_step_is_empty():
    assert Step(name="test").label == ""
