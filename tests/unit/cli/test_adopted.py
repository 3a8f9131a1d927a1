"""The report of `init`, as a person reads it and as a script does."""

import json
from dataclasses import replace

import click
import pytest

from ecluse.cli.render.adopted import document, text
from ecluse.loop.plan.init import Found
from ecluse.loop.plan.proposing.proposal import Proposal, Trial
from ecluse.loop.plan.proposing.render import render
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.app import App, Build, Environment, Interface, Process

APP = App(
    name="shop",
    processes=(Process(name="web", app="shop.wsgi:application", interface=Interface.WSGI),),
    state=("db.sqlite3",),
    environments=(Environment(name="local", env={"SECRET_KEY": "for-development-only"}),),
)
OTHER = Fact(kind=Kind.WSGI, value="old.wsgi:application", file="old/wsgi.py", line=4)
PROPOSAL = Proposal(
    app=APP,
    reasons={
        "environments.local.env.SECRET_KEY": "made up; read at shop/settings.py:12; without it: KeyError: 'SECRET_KEY'",
        "app.state.db.sqlite3": "shop/settings.py:30",
        "processes.web.app": "shop/settings.py:8",
        "build.test_extras": "pyproject.toml:4",
    },
    also={"processes.web.app": (OTHER,)},
    unknown=("read while running, not at start: MAIL_URL: set what you need in [environments.local] env",),
    trials=(
        Trial(what="import shop.wsgi:application", ok=False, answer="KeyError: 'SECRET_KEY'", seconds=0.4),
        Trial(what="serve shop.wsgi:application", ok=True, answer="GET / answered 200", seconds=1.25),
    ),
    known={"test": {f"tests.test_a.test_{n}": "assert 0" for n in range(7)}},
)
FOUND = Found(facts=(OTHER,), proposal=PROPOSAL, text=render(PROPOSAL), lists={"known-failures.txt": "…"})


def lines(found=FOUND, width=80, *, tried=True):
    return click.unstyle("\n".join(text(found, width=width, tried=tried))).split("\n")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(len, lines(width=width))) <= min(width, 100)


def test_it_says_what_was_tried_and_how_long_it_took():
    said = lines()
    assert said[1] == "shop: tried in 2 s: it builds, starts and answers"
    assert "  ✗   0.4 s  import shop.wsgi:application: KeyError: 'SECRET_KEY'" in said
    assert "  ✓   1.2 s  serve shop.wsgi:application: GET / answered 200" in said


def test_what_was_shown_live_is_not_said_twice():
    assert "tried" not in lines(tried=False)


def test_it_says_what_is_set_and_why_in_the_order_of_the_file():
    said = lines()
    assert not any("test_extras" in line for line in said)  # it was left out again
    at = said.index("  app.state = db.sqlite3                    shop/settings.py:30")
    assert said[at + 1] == "  processes.web.app = shop.wsgi:application shop/settings.py:8"
    assert said[at + 2] == "      also found: old.wsgi:application (old/wsgi.py:4)"
    assert said[at + 3] == "  environments.local.env.SECRET_KEY = for-development-only"
    assert said[at + 4].startswith("      made up; read at shop/settings.py:12")


def test_a_place_that_is_the_value_itself_is_not_said_twice():
    build = Build(requirements=("api/requirements.txt",), test_requirements=("requirements-dev.txt",))
    places = {
        "build.requirements": "api/requirements.txt",
        "build.test_requirements.requirements-dev.txt": "requirements-dev.txt",
    }
    proposal = Proposal(app=replace(APP, build=build), reasons=places)
    said = [line for line in lines(Found(facts=(), proposal=proposal, text=render(proposal))) if "txt" in line]
    assert [line.strip() for line in said] == [
        "build.requirements = api/requirements.txt",
        "build.test_requirements = requirements-dev.txt",
    ]


def test_known_failures_are_never_silent():
    said = lines()
    assert "known failures of test: another one stops a release, these don't" in said
    assert "    and 2 more" in said


def test_it_says_what_it_could_not_know():
    assert any(line.startswith("  ! read while running") for line in lines())


def test_a_manifest_that_was_not_tried_says_so_first():
    untried = Found(facts=(), proposal=Proposal(app=APP), text=render(Proposal(app=APP)))
    assert lines(untried)[1].startswith("shop: not tried")


def test_the_document_holds_all_of_it(tmp_path):
    said = json.loads(json.dumps(document(FOUND, tmp_path / "ecluse.toml", wrote=True)))
    assert said["outcome"] == "written"
    assert said["files"].keys() == {"ecluse.toml", "known-failures.txt"}
    assert said["tried"][0]["answer"] == "KeyError: 'SECRET_KEY'"
    web = next(one for one in said["set"] if one["key"] == "processes.web.app")
    assert (web["value"], web["why"]) == ("shop.wsgi:application", "shop/settings.py:8")
    assert web["also"][0]["line"] == 4
    assert said["known_failures"]["test"]["tests.test_a.test_0"] == "assert 0"
    assert said["unknown"] == list(PROPOSAL.unknown)
