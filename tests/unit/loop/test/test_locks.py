"""Steps that want something for themselves."""

import asyncio
from dataclasses import replace

from ecluse.loop.test.steps import run_steps
from ecluse.system.ids import SystemIds

ALONE = "test ! -e {place}; touch {place}; sleep 0.1; rm {place}"


def test_two_runs_of_one_machine_never_have_the_same_thing_at_once(world, commit, make, tmp_path):
    script = ALONE.format(place=tmp_path / "in-use")
    app = make.app(make.step("a", script, locks=("port",), cache=False))
    at = commit()

    async def both():
        other = replace(world, ids=SystemIds(), home=tmp_path / "other")
        return await asyncio.gather(run_steps(app, world, commit=at), run_steps(app, other, commit=at))

    assert [str(verdict.answer) for run in asyncio.run(both()) for verdict in run] == ["passed", "passed"]
    assert any("waits for the lock port, which the run " in text for _, text in world.reporter.lines)


def test_steps_of_a_run_have_it_one_after_the_other(world, commit, make, tmp_path):
    script = ALONE.format(place=tmp_path / "in-use")
    app = make.app(*(make.step(name, script, locks=("port",)) for name in "abc"))
    found = asyncio.run(run_steps(app, world, commit=commit(), jobs=3))
    assert {str(verdict.answer) for verdict in found} == {"passed"}
    assert ("", "b waits for the lock port, which a has") in world.reporter.lines


def test_it_is_given_back_after_a_failure(world, commit, make):
    app = make.app(make.step("a", "false", locks=("port",), retries=1))
    (verdict,) = asyncio.run(run_steps(app, world, commit=commit()))
    assert (str(verdict.answer), verdict.attempts) == ("failed", 2)
    world.locks.take(["port"], "me")()
