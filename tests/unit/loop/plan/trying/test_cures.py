"""What may cure an environment that isn't made or an entry point that isn't imported, and in which order."""

from datetime import UTC, datetime

import pytest

from ecluse.loop.plan.trying.cures import Patient, of_build, of_import
from ecluse.loop.plan.trying.learn import Failure
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.app import Build
from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.python import OtherPythonError, UnbuiltError

IN_2020 = datetime(2020, 12, 1, tzinfo=UTC)
HERE = ("3.13", "3.12", "3.11", "3.10", "3.9")
LOCKED = (Fact(kind=Kind.MANAGER, value="poetry", file="poetry.lock"),)


def patient(**about):
    given = {"build": Build(), "current": "3.11", "fitting": HERE, "committed": IN_2020}
    return Patient(**given | about)


def problem(code="B021"):
    return Problem(code=code, what="it doesn't build", fix="mend it")


def unbuilt(*packages, lacking=""):
    return UnbuiltError(problem(), packages=packages, lacking=lacking)


def said(cures):
    return [cure.said for cure in cures]


def test_what_does_not_build_is_cured_in_one_order():
    assert said(of_build(unbuilt("x"), patient(facts=LOCKED))) == [
        "Python 3.9",
        "Python 3.10",
        "the ranges instead of the lock",
        "the ranges instead of the lock, with Python 3.9",
        "packages as of 2020-12-02",
        "packages as of 2020-12-02, with Python 3.9",
        "build with setuptools<81",
        "build with setuptools<81, with Python 3.9",
        "build with setuptools<58",
        "build with setuptools<58, with Python 3.9",
        "build with setuptools<46",
        "build with setuptools<46, with Python 3.9",
    ]


def test_each_cure_is_a_change_of_the_build_with_its_reason():
    cures = {cure.said: cure for cure in of_build(unbuilt("x"), patient(facts=LOCKED))}
    assert cures["Python 3.9"].build.python == "3.9"
    assert cures["Python 3.9"].reasons == {"build.python": "it doesn't build"}
    assert cures["the ranges instead of the lock"].build.locked is False
    assert cures["packages as of 2020-12-02"].build.exclude_newer == "2020-12-02T00:00:00Z"
    assert cures["build with setuptools<58"].build.build_constraints == ("setuptools<58",)


def test_the_python_of_the_commit_s_time_is_the_first_older_one():
    in_2022 = datetime(2022, 3, 1, tzinfo=UTC)
    assert said(of_build(unbuilt("x"), patient(current="3.13", committed=in_2022)))[:2] == [
        "Python 3.10",
        "Python 3.12",
    ]


def test_ranges_stand_beside_a_compiled_file_too():
    about = patient(build=Build(requirements=("req/main.txt",)), files=frozenset({"req/main.in"}))
    cure = next(cure for cure in of_build(unbuilt("x"), about) if "instead" in cure.said)
    assert cure.build.requirements == ("req/main.in",)


def test_a_young_commit_has_the_packages_of_today():
    assert not any("as of" in one for one in said(of_build(unbuilt("x"), patient(committed=None))))


def test_a_missing_header_asks_for_a_binary_package_first():
    about = patient(pins={"psycopg2": "==2.9.9"})
    cures = list(of_build(unbuilt("psycopg2", lacking="pg_config"), about))
    assert [cure.build.add for cure in cures[:2]] == [("psycopg2-binary==2.9.9",), ("psycopg2-binary",)]
    assert all(cure.build.without == ("psycopg2",) for cure in cures[:2])
    assert not any("setuptools" in one for one in said(cures))


def test_a_server_that_the_code_does_not_name_is_left_out():
    assert said(of_build(unbuilt("uwsgi", lacking="the compiler gcc"), patient()))[0].startswith("without uwsgi")
    named = patient(mentioned=frozenset({"uwsgi"}))
    assert not any("without" in one for one in said(of_build(unbuilt("uwsgi"), named)))
    assert not any("without" in one for one in said(of_build(unbuilt("mysqlclient"), patient())))


def test_the_resolver_s_word_about_python_is_followed_to_the_nearest():
    error = OtherPythonError(problem("B012"), wanted=(">=3.12",))
    assert said(of_build(error, patient())) == ["Python 3.12", "Python 3.13"]
    assert said(of_build(OtherPythonError(problem("B012"), wanted=(">=3.99",)), patient())) == []


@pytest.mark.parametrize("code", ["B001", "B011", "B013", "B015", "B030"])
def test_what_no_change_of_the_build_helps_has_no_cure(code):
    assert said(of_build(ProblemError(problem(code)), patient(facts=LOCKED))) == []


def test_a_stale_lock_gives_way_to_its_ranges():
    assert said(of_build(ProblemError(problem("B010")), patient(facts=LOCKED)))[0] == "the ranges instead of the lock"


def test_an_import_is_cured_by_what_has_the_name_then_by_the_packages_of_the_commit_s_time():
    failure = Failure(kind="ImportError", message="cannot import name 'Container' from 'collections' (/usr/lib/x.py)")
    cures = list(of_import(failure, ("3.10", "3.9"), patient()))
    assert said(cures) == [
        "Python 3.10", "Python 3.9", "packages as of 2020-12-02", "packages as of 2020-12-02, with Python 3.9",
        "Python 3.9",
    ]  # fmt: skip
    reason = "without it: ImportError: cannot import name 'Container' from 'collections'"
    assert cures[0].reasons == {"build.python": reason}


def test_what_the_system_refuses_is_no_matter_of_versions():
    failure = Failure(kind="ConnectionRefusedError", message="no", is_system=True)
    assert said(of_import(failure, (), patient())) == []
