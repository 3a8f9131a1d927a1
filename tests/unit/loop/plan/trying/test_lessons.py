"""What tries teach: pure decisions over what was seen."""

from dataclasses import replace

import pytest

from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.proposing.written import look, outermost, state_of
from ecluse.loop.plan.trying.answering import Answer, best, paths_to_ask, unwell
from ecluse.loop.plan.trying.evidence import Part, hollow, lines
from ecluse.loop.plan.trying.gates import judge_once, repeated, settle
from ecluse.loop.plan.trying.last_words import failure_in
from ecluse.loop.plan.trying.learn import Failure, learn
from ecluse.loop.plan.trying.mapping import mapped
from ecluse.loop.test.judged import Judged
from ecluse.loop.test.junit import TestReport
from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.model.app import App, Environment, Evidence, Step

PLACES = (Environment(name="local", env={"KNOWN": "1"}), Environment(name="production"))
STEP = Step(name="test", command=("pytest",), group="test", evidence=Evidence(junit="junit.xml"))
PROPOSAL = Proposal(app=App(name="shop", processes=(), steps=(STEP,), environments=PLACES))


def missing(module="", variables=()):
    return Failure(kind="Error", message="it broke\nhere", module=module, variables=variables)


def fact(kind, value, label=""):
    return Fact(kind=kind, value=value, file="f", label=label)


def test_a_missing_variable_is_set_where_the_app_sees_it():
    lesson = learn(missing(variables=("KNOWN", "TOKEN")), PROPOSAL, (fact(Kind.VARIABLE, "TOKEN", "x"),))
    app = lesson.applied(PROPOSAL).app
    assert app.environment("local").env == {"KNOWN": "1", "TOKEN": "x"}
    assert app.environment("production").env == {}
    assert lesson.said == "read at f; without it: Error: it broke"


def made_up(**env):
    """The proposal with values that nobody gave."""
    app = replace(PROPOSAL.app, environments=(Environment(name="local", env=env),))
    return replace(PROPOSAL, app=app, made_up=tuple(env))


def test_a_value_that_was_made_up_and_is_refused_gives_way_to_others_until_there_are_none():
    failure = Failure(kind="ValueError", message="invalid literal for int(): 'y'", refused=("GIVEN", "PAGE"))
    proposal, seen = made_up(KNOWN="x", PAGE="for-development-only"), []
    while (lesson := learn(failure, proposal, ())) and lesson.env:
        proposal = lesson.applied(proposal)
        seen.append(lesson.env["PAGE"])
    assert seen[0] == "1"
    assert seen == list(dict.fromkeys(seen))
    assert proposal.reasons["environments.local.env.PAGE"].startswith(f"made up; with {seen[-2]!r}: ValueError")


def test_a_made_up_value_that_nothing_can_replace_is_taken_away_once():
    failure = Failure(kind="ValueError", message="no host 'x'", refused=("PAGE",))
    last = "0123456789abcdef" * 4
    before = replace(made_up(PAGE=last), reasons={"environments.local.env.PAGE": "made up"})
    lesson = learn(failure, before, ())
    after = lesson.applied(before)
    assert (str(lesson), lesson.about) == ("without PAGE", "environments.local.env.PAGE")
    assert (after.app.environment("local").env, after.made_up, after.reasons) == ({}, (), {})
    again = learn(missing(variables=("PAGE",)), after, (fact(Kind.VARIABLE, "PAGE", "example"),)).applied(after)
    assert (again.app.environment("local").env, again.made_up) == ({"PAGE": last}, ("PAGE",))
    assert learn(failure, again, ()) is None


def test_an_address_gets_the_scheme_that_the_refusal_names():
    failure = Failure(kind="AssertionError", message="CACHE must be redis://", refused=("CACHE",))
    assert learn(failure, made_up(CACHE="for-development-only"), ()).env == {"CACHE": "redis://localhost:6379/0"}
    failure = replace(failure, message="only postgresql+psycopg:// will do for CACHE")
    expected = {"CACHE": "postgresql+psycopg://localhost/app"}
    assert learn(failure, made_up(CACHE="for-development-only"), ()).env == expected


def test_a_value_that_somebody_gave_is_never_replaced():
    assert learn(Failure(kind="E", message="'1'", refused=("KNOWN",)), PROPOSAL, ()) is None


PYDANTIC = """2 validation errors for Settings
page_size
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.8/v/missing
known
  Input should be a valid integer, unable to parse string [type=int_parsing, input_value='x', input_type=str]
"""


def test_fields_that_a_settings_model_misses_are_variables():
    failure = Failure(kind="ValidationError", message=PYDANTIC)
    assert learn(failure, PROPOSAL, ()).env == {"PAGE_SIZE": "for-development-only"}
    facts = (fact(Kind.VARIABLE, "APP_PAGE_SIZE"), fact(Kind.CAST, "APP_PAGE_SIZE", "int"))
    assert learn(failure, PROPOSAL, facts).env == {"APP_PAGE_SIZE": "1"}
    assert learn(failure, made_up(PAGE_SIZE="1", KNOWN="for-development-only"), ()).env == {"KNOWN": "1"}


@pytest.mark.parametrize(
    ("last", "module", "variables"),
    [
        (["ModuleNotFoundError: No module named 'yaml'"], "yaml", ()),
        (["KeyError: 'TOKEN'"], "", ("TOKEN",)),
        (["decouple.UndefinedValueError: PAGE_SIZE not found. Declare it"], "", ("PAGE_SIZE",)),
        (["shop.Oops"], "", ()),
    ],
)
def test_the_end_of_a_traceback_is_a_failure(last, module, variables):
    output = ["listening", "Traceback (most recent call last):", '  File "x.py", line 1', "    x()", *last]
    failure = failure_in(output, (fact(Kind.VARIABLE, "PAGE_SIZE"),))
    assert (failure.module, failure.variables) == (module, variables)


def test_what_ends_without_an_exception_teaches_nothing():
    assert failure_in(["usage: shop [--port PORT]"], ()) is None
    assert failure_in(["Traceback (most recent call last):", "  File"], ()) is None


def test_a_missing_module_is_cured_only_by_a_package_that_is_known():
    assert learn(missing("pkg_resources.extern"), PROPOSAL, ()).add == "setuptools<81"
    assert learn(missing("psycopg"), PROPOSAL, ()).add == "psycopg[binary]"
    assert learn(missing("cheroot.wsgi"), PROPOSAL, ()).add == "cheroot"
    assert learn(missing("left_pad"), PROPOSAL, (fact(Kind.DEPENDENCY, "left-pad"),)).add == "left-pad"
    assert learn(missing("left_pad"), PROPOSAL, ()) is None


def test_the_same_lesson_is_not_learned_twice():
    lesson = learn(missing("yaml"), PROPOSAL, ())
    after = lesson.applied(PROPOSAL)
    assert after.app.build.add == ("PyYAML",)
    assert learn(missing("yaml"), after, ()) is None
    assert learn(missing(variables=("KNOWN",)), PROPOSAL, ()) is None


def test_an_environment_that_is_not_there_teaches_nothing_wrong():
    bare = Proposal(app=App(name="shop", processes=()))
    assert learn(missing(variables=("A",)), bare, ()).applied(bare).app.environments == ()


def answer(path, status=200, kind="text/html; charset=utf-8", without=None):
    return Answer(path=path, status=status, kind=kind, without=without)


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ([answer("/"), answer("/health")], "/health"),
        ([answer("/", 404), answer("/login/"), answer("/about")], "/login/"),
        ([answer("/about"), answer("/"), answer("/x")], "/"),
        ([answer("/", 302), answer("/x", 302)], "/"),
        ([answer("/", 302), answer("/x")], "/x"),
        ([answer("/health", 500), answer("/", 200, "")], "/"),
        ([answer("/api/docs"), answer("/healthz", 204, "")], "/healthz"),
        ([answer("/"), answer("/x", 204)], "/"),
        ([answer("/health"), answer("/ready", without=503)], "/ready"),
        ([answer("/health", without=200), answer("/", without=500)], "/"),
        ([answer("/health"), answer("/x", without=500)], "/health"),
    ],
)
def test_the_page_that_says_most_is_relied_on(answers, path):
    assert best(answers).path == path


def test_a_page_that_the_repository_asks_itself_is_relied_on():
    assert best([answer("/"), answer("/system")], ("/system",)).path == "/system"
    assert best([answer("/"), answer("/system", 500)], ("/system",)).path == "/"
    asked = Fact(kind=Kind.ROUTE, value="/system", file="Dockerfile", confidence=SURE)
    assert paths_to_ask((asked,), ["/healthz"])[:2] == ("/system", "/healthz")


def test_a_health_route_that_is_not_well_is_said():
    answers = [answer("/healthz", 500), answer("/status", 404), answer("/x", 500), answer("/ping", 200)]
    said = [f"{path} answered 500: find out what it misses" for path in ("/healthz", "/x")]
    assert list(unwell(answers, {"/healthz", "/x", "/ping"})) == said


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([answer("/status"), answer("/", 500)], True),
        ([answer("/status"), answer("/", 500), answer("/docs")], False),
        ([answer("/status"), answer("/", 404)], False),
        ([answer("/", 302), answer("/x", 500)], False),
        ([answer("/", 500)], False),
    ],
)
def test_an_app_of_which_only_the_status_is_well_is_hollow(answers, expected):
    assert hollow(answers) == expected


def part(status=200):
    return Part(path="/a.css", page="/", status=status)


@pytest.mark.parametrize(
    ("answers", "parts", "ok"),
    [
        ([answer("/", without=500)], [part()], [True, True, True]),
        ([answer("/", without=200)], [part(404)], [True, False, False]),
        ([answer("/")], [], [True, False, False]),
        ([answer("/", kind="application/json", without=500)], [], [False, True]),
    ],
)
def test_each_of_the_three_is_found_or_said(answers, parts, ok):
    assert [line.ok for line in lines(answers, parts, health="/healthz", has_database=True)] == ok


@pytest.mark.parametrize("answers", [[], [answer("/", 500)], [answer("/", 0)], [answer("/", 200, "image/png")]])
def test_no_good_page_no_health(answers):
    assert best(answers) is None


def test_declared_health_routes_are_asked_first_and_files_never():
    facts = (fact(Kind.ROUTE, "/about"), fact(Kind.ROUTE, "/livez"), fact(Kind.ROUTE, "/robots.txt"))
    asked = paths_to_ask(facts, ["/status", "/static/x", "relative"])
    assert asked[:2] == ("/status", "/livez")
    assert "/about" in asked
    assert not {"/robots.txt", "/static/x", "relative"} & set(asked)


def test_a_new_folder_is_state_as_a_whole_and_a_file_by_itself(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "code.py").write_text("x")
    before = look(tmp_path)
    for name in ("app/data/a/1", "app/x.db", "app/x.db-wal", "app/__pycache__/c.pyc", "app/y.pyc", "static/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert state_of(before, look(tmp_path), expected=("static/",)) == ("app/data/", "app/x.db")


def test_an_empty_new_folder_is_state_and_a_cache_is_not(tmp_path):
    before = look(tmp_path)
    for name in ("uploads", "__pycache__", "data/deep"):
        (tmp_path / name).mkdir(parents=True)
    assert state_of(before, look(tmp_path)) == ("data/", "uploads/")


def test_what_lies_in_a_listed_folder_is_not_listed_again():
    assert outermost(["b/c.db", "b/", "a.db", "a.db", "b/d/e/", "bc/"]) == ("a.db", "b/", "bc/")


def report(failed=0, passed=1):
    return TestReport(
        executed=failed + passed, passed=frozenset(map(str, range(passed))), failed={f"t{n}": "" for n in range(failed)}
    )


def test_a_step_that_passes_is_a_gate():
    seen = judge_once(STEP, Judged(passed=True, evidence=("3 tests",)), report())
    assert (seen.ok, seen.answer, seen.why) == (True, "3 tests", "")
    assert judge_once(STEP, Judged(passed=True, evidence=()), None).answer == "passed"


def test_some_failures_are_known_by_name():
    seen = judge_once(STEP, Judged(passed=False, evidence=("failed: t0",)), report(failed=1, passed=9))
    assert list(seen.failed) == ["t0"]
    after = settle(PROPOSAL, STEP, seen)
    assert after.app.steps[0].gate
    assert after.app.steps[0].evidence.known_failures == "known-failures.txt"
    assert after.known == {"test": seen.failed}


def test_what_can_not_be_repeated_is_listed_as_it_was_seen():
    seen = judge_once(STEP, Judged(passed=False, evidence=("failed: t0",)), report(failed=1, passed=9))
    assert repeated(seen, None).failed == seen.failed
    assert "could not be repeated" in repeated(seen, None).answer


def test_what_fails_only_when_it_is_repeated_is_flaky_too():
    seen = judge_once(STEP, Judged(passed=False, evidence=("failed: t0",)), report(failed=1, passed=9))
    other = TestReport(executed=10, passed=frozenset({"t0"}), failed={"1": ""})
    after = repeated(seen, other)
    assert (after.flaky, after.failed, after.step.retries) == (("1", "t0"), {}, 1)


@pytest.mark.parametrize("found", [None, report(failed=3, passed=0), report(failed=3), report(failed=0)])
def test_what_says_nothing_is_no_gate(found):
    seen = judge_once(STEP, Judged(passed=False, evidence=("exit code 2",)), found)
    after = settle(PROPOSAL, STEP, seen)
    assert not after.app.steps[0].gate
    assert after.unknown


def test_a_slow_step_gets_more_time():
    seen = judge_once(STEP, Judged(passed=True, evidence=()), report())
    assert settle(PROPOSAL, STEP, replace(seen, seconds=300.0)).app.steps[0].timeout.total_seconds() == 21 * 60
    assert settle(PROPOSAL, STEP, replace(seen, seconds=3.0)).app.steps[0].timeout == STEP.timeout


def test_a_linter_that_says_no_is_told_with_what_it_counted():
    lint = replace(STEP, evidence=Evidence())
    said = ("exit code 1", "a.py:1 unused", "Found 112 errors.", "[*] fixable with --fix")
    assert judge_once(lint, Judged(passed=False, evidence=said), None).why == "exit code 1: Found 112 errors."


@pytest.mark.parametrize(
    ("url", "paths", "expected"),
    [
        ("/assets/css/a.css?v=1", ["shop/public/css/a.css"], {"/assets/": "shop/public/"}),
        ("/assets/css/a.css", ["public/a.css"], {"/assets/css/": "public/"}),
        ("/assets/a.css", ["x/a.css", "y/a.css"], {}),
        ("/assets/a.css", ["shop/a.css", "shop/views.py"], {}),
        ("/assets/a.css", ["other.css"], {}),
        ("/favicon.ico", ["static/favicon.ico"], {}),
    ],
)
def test_files_that_the_repository_has_are_found_by_the_end_of_their_paths(url, paths, expected):
    assert mapped([Part(path=url, page="/", status=404)], paths) == expected
    assert mapped([Part(path=url, page="/", status=200)], paths) == {}


def test_an_app_without_pages_is_told_to_do_nothing_and_keeps_its_health_path():
    answers = (Answer(path="/healthz", status=200, kind="application/json"),)
    (line,) = lines(answers, (), health="/healthz", has_database=False)
    assert not line.ok
    assert line.answer.startswith("whether pages are well was not checked")
    assert line.answer.endswith("needs nothing more, the health check stays /healthz")
