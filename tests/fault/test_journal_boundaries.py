"""SIGKILL of the keeper at each boundary of its journal: the deployer goes on, the deployment commits or is undone."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest

from ecluse.keeper.processes import stat
from ecluse.model.ids import DeploymentId
from ecluse.model.observed import SlotState
from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Question
from support.process_target import HOLDER, Place, place, programs  # noqa: F401 fixtures

pytestmark = [pytest.mark.fault, pytest.mark.looped]
QUESTION = Question(path="/", host="localhost")
LEASE = timedelta(seconds=30)
FIRST, SECOND = DeploymentId("d-1"), DeploymentId("d-2")


async def deployed(target, grant, running, slot, deployment):
    await target.stage(grant, running, lambda _: None)
    await target.begin(grant, deployment, running, slot)
    await target.start(grant, running, slot)
    await healthy(target, slot)
    await target.route(grant, Weights.all_to(slot))
    await target.commit(grant, deployment, timedelta(minutes=10))


async def healthy(target, slot):
    for _ in range(200):
        answer = await target.ask(slot, QUESTION)
        if answer.status == 200:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(answer)


async def with_first(place: Place, fault: str):  # noqa: F811
    """A place in which 1.0.0 serves and the fault waits for what comes next: its witness was there until now."""
    witness = place.folder.parent / "reached"
    witness.touch()
    target = place.target(ECLUSE_FAULT=f"{fault}:kill:{witness}")
    grant = await target.take(HOLDER, LEASE)
    await deployed(target, grant, place.running("1.0.0"), Slot.BLUE, FIRST)
    witness.unlink()
    return target, grant, witness


@pytest.mark.parametrize(
    "boundary",
    [
        *("begin.before", "begin.after", "start.before", "start.after", "route.before", "route.after"),
        *("commit.before", "close.before", "close.after"),
    ],
)
async def test_a_deployment_goes_on_when_the_keeper_is_killed(place, boundary):  # noqa: F811
    target, grant, witness = await with_first(place, boundary)
    await deployed(target, grant, place.running("2.0.0"), Slot.GREEN, SECOND)
    assert witness.read_text() == boundary
    seen = await target.observe()
    assert (seen.serving, seen.open) == (Slot.GREEN, None)
    assert [(ended.id, ended.outcome) for ended in seen.finished] == [(FIRST, "committed"), (SECOND, "committed")]
    assert b"2.0.0" in (await healthy(target, Slot.GREEN)).body
    await target.close()


@pytest.mark.parametrize("boundary", ["abort.before", "close.before", "close.after"])
async def test_an_undo_goes_on_when_the_keeper_is_killed(place, boundary):  # noqa: F811
    target, grant, witness = await with_first(place, boundary)
    wanted = place.running("2.0.0")
    await target.stage(grant, wanted, lambda _: None)
    await target.begin(grant, SECOND, wanted, Slot.GREEN)
    await target.start(grant, wanted, Slot.GREEN)
    await target.route(grant, Weights.all_to(Slot.GREEN))
    await target.abort(grant, SECOND, "errors")
    assert witness.read_text() == boundary
    seen = await target.observe()
    assert (seen.serving, seen.open, seen.slot(Slot.GREEN).state) == (Slot.BLUE, None, SlotState.EMPTY)
    assert seen.finished[-1].outcome == "reverted"
    await target.close()


@pytest.mark.parametrize("boundary", ["start.after", "route.after"])
async def test_a_deployer_that_vanishes_with_the_keeper_is_undone(place, boundary):  # noqa: F811
    target, grant, _ = await with_first(place, "none")
    await target.give_back(grant)
    await target.take(HOLDER, timedelta(seconds=2))
    grant = await target.take(HOLDER, timedelta(seconds=2))
    wanted = place.running("2.0.0")
    await target.begin(grant, SECOND, wanted, Slot.GREEN)
    await target.stage(grant, wanted, lambda _: None)
    await target.start(grant, wanted, Slot.GREEN)
    if boundary != "start.after":
        await target.route(grant, Weights.all_to(Slot.GREEN))
    os.kill((await target.observe()).keeper_pid, signal.SIGKILL)
    await target.close()
    later = place.target()
    for _ in range(200):
        seen = await later.observe()
        if seen.open is None:
            break
        await asyncio.sleep(0.05)
    assert (seen.serving, seen.finished[-1].outcome) == (Slot.BLUE, "reverted")
    await later.close()


async def test_a_staging_goes_on_when_the_keeper_is_killed(place):  # noqa: F811
    begun = place.folder.parent / "begun"
    build = f"echo $$ >> {begun}; test $(wc -l < {begun}) = 2 || exec sleep 60"
    running = place.running("1.0.0", commands=(("/bin/sh", "-c", build),))
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    keeper = (await target.observe()).keeper_pid
    staging = asyncio.create_task(target.stage(grant, running, lambda _: None))
    while not begun.exists() or not begun.read_text():  # noqa: ASYNC110 another process writes it
        await asyncio.sleep(0.02)
    os.kill(keeper, signal.SIGKILL)
    await staging
    first, second = begun.read_text().split()
    assert first != second
    async with asyncio.timeout(10):
        while stat(int(first)):  # noqa: ASYNC110 the kernel takes a moment
            await asyncio.sleep(0.02)
    await target.close()


async def test_a_migration_is_not_run_twice(place):  # noqa: F811
    target, grant, witness = await with_first(place, "run.before")
    with pytest.raises(ProblemError) as error:
        await target.run(grant, place.running("1.0.0"), ("true",), timedelta(seconds=20))
    assert (error.value.problems[0].code, error.value.exit) == ("K001", 5)
    assert witness.read_text() == "run.before"
    await target.close()
