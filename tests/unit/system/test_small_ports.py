"""Clock, ids and environment of this machine."""

import asyncio
from datetime import UTC
from pathlib import Path

import pytest

from ecluse.system.clock import SystemClock
from ecluse.system.environment import actor, find_home, login, read_environment
from ecluse.system.ids import SystemIds


def test_the_wall_clock_is_aware_and_in_utc():
    assert SystemClock().now().tzinfo is UTC


def test_sleeping_takes_its_time():
    clock = SystemClock()
    began = clock.monotonic()
    asyncio.run(clock.sleep(0.01))
    assert clock.monotonic() - began >= 0.01


def test_ids_are_unique_and_sort_by_the_time_they_were_made():
    ids = SystemIds()
    made = [ids.new("run") for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(name.startswith("run-") and len(name) == 19 for name in made)


def test_the_home_lies_in_the_repository_unless_told_otherwise(tmp_path):
    assert find_home(tmp_path, {}) == tmp_path / ".ecluse"
    assert find_home(tmp_path, {"ECLUSE_HOME": "/srv/ecluse"}) == Path("/srv/ecluse")
    (tmp_path / ".git").mkdir()
    assert find_home(tmp_path / "services" / "shop", {"ECLUSE_HOME": "/srv/ecluse"}) == Path(
        "/srv/ecluse/services/shop"
    )


def test_the_environment_is_a_copy_that_cannot_be_changed(monkeypatch):
    monkeypatch.setenv("ECLUSE_TEST", "1")
    env = read_environment()
    monkeypatch.setenv("ECLUSE_TEST", "2")
    assert env["ECLUSE_TEST"] == "1"
    with pytest.raises(TypeError):
        env["ECLUSE_TEST"] = "3"


def test_the_actor_is_user_at_host():
    assert actor({"LOGNAME": "ada"}).startswith("ada@")
    assert actor({}).count("@") == 1


def test_the_actor_may_say_who_they_are():
    said = {"LOGNAME": "runner", "ECLUSE_ACTOR": " ada@example.org\n"}
    assert (actor(said), login(said).partition("@")[0]) == ("ada@example.org", "runner")
    assert actor({"LOGNAME": "ada", "ECLUSE_ACTOR": " "}).startswith("ada@")
