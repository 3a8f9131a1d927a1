"""Findings follow from facts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ecluse.cli.doctor import show
from ecluse.loop.deploy.fleet import Seen
from ecluse.loop.monitor.doctor import Grade, diagnose
from ecluse.model.app import App, Environment
from ecluse.model.host import HERE
from ecluse.model.ids import EnvironmentName
from ecluse.model.observed import Observed
from ecluse.model.problem import Problem
from ecluse.ports.machine import Machine, Offer

WELL = Machine(
    system="Linux", kernel="6.1", python="3.11.2", git="git version 2.39", kernel_routing=True, ptrace_scope=None,
    user="ann", root=False, lingers=None, kills_user_processes=None, first_free_port=1024, free_bytes=10**11,
    step_layer="namespace", interpreters=("3.11.2",),
)  # fmt: skip


def grades(machine, app=None):
    return {finding.name: finding.grade for finding in diagnose(machine, app)}


def test_a_machine_that_is_well_has_nothing_but_fine_findings():
    assert set(grades(WELL).values()) == {Grade.FINE}


@pytest.mark.parametrize(
    ("change", "name", "grade"),
    [
        ({"git": ""}, "git", Grade.BAD),
        ({"kernel_routing": False}, "routing", Grade.WARN),
        ({"ptrace_scope": 1}, "adoption", Grade.FINE),
        ({"kills_user_processes": True}, "logout", Grade.BAD),
        ({"lingers": False}, "logout", Grade.WARN),
        ({"free_bytes": 1000}, "disk", Grade.WARN),
        ({"interpreters": ()}, "python", Grade.BAD),
        ({"step_layer": "sessions"}, "steps", Grade.FINE),
        ({"step_layer": "sessions", "veils": False}, "steps", Grade.WARN),
    ],
)
def test_each_fact_has_its_finding(change, name, grade):
    assert grades(replace(WELL, **change))[name] is grade


def test_every_finding_that_is_not_fine_says_what_to_do():
    sick = replace(
        WELL, git="", kernel_routing=False, free_bytes=0, interpreters=(), kills_user_processes=True, veils=False
    )
    assert all(finding.fix for finding in diagnose(sick, None) if finding.grade is not Grade.FINE)


def test_a_service_that_is_not_there_and_not_declared_is_neither_fine_nor_in_the_way(capsys):
    offers = (
        Offer(kind="redis", folder="", version="", add="apt install redis", can_fetch=False),
        Offer(kind="postgres", folder="", version="", add="", can_fetch=True),
    )
    found = [one for one in diagnose(replace(WELL, services=offers), None) if one.name in {"redis", "postgres"}]
    assert [one.grade for one in found] == [Grade.ABSENT, Grade.ABSENT]
    for one in found:
        show(one)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["-", "-"]


def test_a_low_port_needs_a_privilege():
    app = App(name="shop", processes=(), environments=(Environment(name=EnvironmentName("local"), port=80),))
    assert grades(WELL, app)["port of local"] is Grade.BAD
    assert "port of local" not in grades(replace(WELL, root=True), app)


def test_a_port_that_can_not_be_had_is_in_the_way():
    app = App(name="shop", processes=(), environments=(Environment(name=EnvironmentName("local")),))
    taken = Problem(code="K020", what="port 8000 is taken by pid 7", fix="end it")
    found = {finding.name: finding for finding in diagnose(WELL, app, ports={"local": taken})}["port of local"]
    assert (found.grade, found.detail, found.fix) == (Grade.BAD, "port 8000 is taken by pid 7", "end it")


def test_an_environment_says_what_it_warns_of_and_why_it_says_nothing():
    empty = Observed(at=datetime(2030, 1, 1, tzinfo=UTC), url="", slots=(), serving=None)
    problem = Problem(code="K001", what="the keeper can't be reached", fix="look")
    warned = replace(empty, warnings=("writes into its own tree",))
    seen = {"local": Seen(hosts={HERE: warned}), "live": problem, "new": Seen(hosts={HERE: empty})}
    found = {finding.name: finding for finding in diagnose(WELL, None, seen)}
    assert (found["local"].grade, found["local"].detail) == (Grade.WARN, "writes into its own tree")
    assert (found["live"].grade, found["live"].fix) == (Grade.BAD, "look")
    assert (found["new"].grade, found["new"].detail) == (Grade.FINE, "nothing serves")
