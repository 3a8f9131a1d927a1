"""Steps that run apart from each other, as the jobs of a CI do."""

import asyncio
import hashlib
import json
import shutil
import tarfile
from dataclasses import replace

import pytest

from ecluse.loop.test.steps import run_steps
from ecluse.model.app import Evidence
from ecluse.model.problem import ProblemError
from ecluse.system.cache import FolderCache

REPORT = '<testsuite><testcase classname="a" name="one"/></testsuite>'


@pytest.fixture
def artifacts(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def job(world, tmp_path, artifacts):
    """Run one step as a job: a machine of its own, which has the commit and what was handed over."""

    def job(app, name, commit, machine="", **options):
        home = tmp_path / f"home{machine or name}"
        apart = replace(world, home=home, cache=lambda _: FolderCache(tmp_path / "cache"))
        steps = run_steps(app, apart, commit=commit, names=(name,), only=True, artifacts=artifacts, **options)
        (verdict, *_) = asyncio.run(steps)
        return verdict

    return job


@pytest.fixture
def chain(make):
    build = make.step("build", "mkdir -p out/empty; echo made > out/file; chmod 755 out/file; ln -s file out/link",
                      outputs=("out",))  # fmt: skip
    return make.app(build, make.step("use", "test -d out/empty; test -x out/link; cat out/link", needs=("build",)))


def answer(verdict):
    return str(verdict.answer), verdict.evidence


def test_outputs_go_from_job_to_job_with_modes_links_and_empty_folders(job, chain, commit):
    at = commit({"a": ""})
    assert answer(job(chain, "build", at)) == ("passed", ())
    assert answer(job(chain, "use", at)) == ("passed", ())


def test_a_need_that_was_not_handed_over_is_a_problem_that_says_what_to_type(job, chain, commit, artifacts):
    with pytest.raises(ProblemError) as raised:
        job(chain, "use", commit({"a": ""}))
    (problem,) = raised.value.problems
    assert problem.code == "E027"
    assert f"ecluse run build --only --artifacts {artifacts}" in problem.fix


def test_outputs_of_another_commit_are_refused(job, chain, commit):
    job(chain, "build", commit({"a": ""}))
    with pytest.raises(ProblemError, match="E028"):
        job(chain, "use", commit({"a": "other"}))


def test_a_torn_archive_is_refused(job, chain, commit, artifacts):
    at = commit({"a": ""})
    job(chain, "build", at)
    whole = (artifacts / "build" / "outputs.tar").read_bytes()
    (artifacts / "build" / "outputs.tar").write_bytes(whole[:700])
    with pytest.raises(ProblemError, match="E027"):
        job(chain, "use", at)


@pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")  # of newer ones that play an older one
@pytest.mark.parametrize("filtered", [True, False], ids=["filter", "older Python"])
@pytest.mark.parametrize(
    "names", [("../../out",), ("link", "link/out"), ("hard", "hard"), ("link", "hard", "hard"), ("pipe",)]
)
@pytest.mark.once
def test_an_archive_gets_nowhere_else(job, chain, commit, artifacts, tmp_path, monkeypatch, names, filtered):
    if not filtered:
        monkeypatch.delattr(tarfile, "tar_filter", raising=False)
    (tmp_path / "victim").write_text("as it was")
    at = commit({"a": ""})
    job(chain, "build", at)
    with tarfile.open(artifacts / "build" / "outputs.tar", "w") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            if name == "link":
                entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path)
            if name == "hard" and "hard" not in archive.getnames():
                through = "link" if "link" in names else tmp_path
                entry.type, entry.linkname = tarfile.LNKTYPE, f"{through}/victim"
            if name == "pipe":
                entry.type = tarfile.FIFOTYPE
            archive.addfile(entry)
    made = artifacts / "build" / "made.json"
    digest = hashlib.sha256((artifacts / "build" / "outputs.tar").read_bytes()).hexdigest()
    made.write_text(json.dumps({**json.loads(made.read_text()), "sha256": digest}))
    with pytest.raises(ProblemError, match="E027"):
        job(chain, "use", at)
    assert not list(tmp_path.rglob("out"))
    assert (tmp_path / "victim").read_text() == "as it was"


def test_what_is_known_is_handed_over_without_a_warning(make, commit, artifacts, world):
    app, at = make.app(make.step("say", "echo said")), commit({"a": ""})
    for cached in (False, True):
        (verdict,) = asyncio.run(run_steps(app, world, commit=at, names=("say",), only=True, artifacts=artifacts))
        assert bool(verdict.cached) is cached
        assert (artifacts / "say" / "logs" / "log").read_text() == "said\n"


def test_a_folder_of_somebody_s_own_is_left_alone(job, chain, commit, artifacts):
    (artifacts / "build").mkdir(parents=True)
    (artifacts / "build" / "unsaved.md").write_text("mine")
    with pytest.raises(ProblemError, match="E029"):
        job(chain, "build", commit({"a": ""}))
    assert (artifacts / "build" / "unsaved.md").read_text() == "mine"


def test_a_step_that_fails_leaves_its_reports_and_no_outputs(job, make, commit, artifacts):
    script = f"mkdir out; echo '{REPORT}' > report.xml; echo sorry; test ! -e fail"
    step = make.step("test", script, outputs=("out",), evidence=Evidence(junit="report.xml"))
    assert answer(job(make.app(step), "test", commit({"a": ""})))[0] == "passed"
    assert (artifacts / "test" / "outputs.tar").exists()
    assert answer(job(make.app(step), "test", commit({"fail": ""})))[0] == "failed"
    assert sorted(path.name for path in (artifacts / "test").rglob("*") if path.is_file()) == ["log", "report.xml"]
    assert (artifacts / "test" / "logs" / "log").read_text() == "sorry\n"


@pytest.mark.parametrize("end", ["true", "exit 1"])
def test_a_sarif_output_is_among_the_reports_whatever_it_says(job, make, commit, artifacts, end):
    step = make.step("scan", f"mkdir -p out; echo '{{}}' > out/scan.sarif; {end}", outputs=("out/scan.sarif",))
    job(make.app(step), "scan", commit({"a": ""}))
    assert (artifacts / "scan" / "reports" / "scan.sarif").read_text() == "{}\n"


def test_what_is_cached_is_handed_over_without_being_run(job, chain, commit, artifacts):
    at = commit({"a": ""})
    job(chain, "build", at)
    first = (artifacts / "build" / "outputs.tar").read_bytes()
    shutil.rmtree(artifacts)
    again = job(chain, "build", at)
    assert again.cached
    assert (artifacts / "build" / "outputs.tar").read_bytes() == first
    assert job(chain, "use", at).cached == ""
    assert job(chain, "use", at).cached


def test_jobs_and_a_whole_run_find_each_other_s_results(job, chain, commit, world, tmp_path):
    at = commit({"a": ""})
    job(chain, "build", at)
    job(chain, "use", at)
    whole = replace(world, home=tmp_path / "homewhole", cache=lambda _: FolderCache(tmp_path / "cache"))
    verdicts = asyncio.run(run_steps(chain, whole, commit=at))
    assert [bool(verdict.cached) for verdict in verdicts] == [True, True]


def test_what_is_made_of_outputs_with_another_key_is_not_kept(job, chain, commit, artifacts):
    at = commit({"a": ""})
    job(chain, "build", at)
    made = artifacts / "build" / "made.json"
    made.write_text(json.dumps({**json.loads(made.read_text()), "key": "0" * 64}))
    assert answer(job(chain, "use", at)) == ("passed", ())
    assert job(chain, "use", at).cached == ""


def test_of_a_working_tree_outputs_are_handed_over_and_nothing_is_kept(job, chain, commit):
    at = commit({"a": ""})
    assert job(chain, "build", at, dirty=True).cached == ""
    assert answer(job(chain, "use", at, dirty=True)) == ("passed", ())
