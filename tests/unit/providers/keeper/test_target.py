"""How a target asks a keeper that ends and has a successor. The keeper is a script here, its socket is real."""

import asyncio
import json
from datetime import timedelta

import pytest

from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot
from ecluse.ports.target import Lines, Question
from ecluse.providers.keeper.target import KeeperTarget
from ecluse.providers.process.reach import HereReach
from ecluse.system.clock import SystemClock
from ecluse.system.store import FolderStore
from ecluse.wire import frames

pytestmark = pytest.mark.looped
WELL = {"status": 200, "headers": {}, "body": "", "seconds": 0.0, "why": ""}


class Mortal:
    """Hangs up on the first orders, as a keeper does that is killed, then answers."""

    def __init__(self, deaths):
        self.deaths, self.heard, self.under_way = deaths, [], []

    async def __call__(self, reader, writer):
        self.under_way.append(asyncio.current_task())
        while (request := await frames.read_message(reader)) is not None:
            self.heard.append(request["order"])
            if len(self.heard) <= self.deaths:
                break
            writer.write(frames.message({"id": request["id"], "ok": True, "result": WELL}))
        writer.close()
        await writer.wait_closed()


@pytest.fixture
def target(tmp_path):
    return target_in(tmp_path)


def target_in(folder):
    store = FolderStore(folder / "store")
    return KeeperTarget(HereReach(folder=folder, programs=folder, store=store, env={}), clock=SystemClock())


async def heard(target, folder, deaths, call):
    keeper = Mortal(deaths)
    async with await asyncio.start_unix_server(keeper, folder / "keeper.sock"):
        try:
            await call()
        finally:
            await target.close()
            await asyncio.gather(*keeper.under_way)
    return keeper.heard


async def test_a_question_is_asked_of_the_keeper_that_takes_over_at_last(target, tmp_path):
    async def ask():
        assert (await target.ask(Slot.BLUE, Question(path="/", host="localhost"))).status == 200

    assert await heard(target, tmp_path, 4, ask) == ["ask"] * 5


async def test_an_order_that_is_no_question_is_repeated_once(target, tmp_path):
    async def evict():
        with pytest.raises(ProblemError) as error:
            await target.evict("anne")
        assert error.value.problems[0].code == "K001"

    assert await heard(target, tmp_path, 4, evict) == ["evict"] * 2


@pytest.mark.once
async def test_what_was_printed_is_told_after_the_keeper_has_gone(tmp_path):
    home = tmp_path / "environments" / "local"
    (home / "logs").mkdir(parents=True)
    line = {"slot": "blue", "release": "r-1", "pid": 7, "stream": "stdout"}
    for process, second in (("web", 1), ("worker", 2), ("web", 3)):
        with (home / "logs" / f"{process}.jsonl").open("a") as file:
            at = f"2026-01-02T03:04:0{second}+00:00"
            file.write(json.dumps({**line, "at": at, "process": process, "text": f"{process} {second}"}) + "\n")
    target = target_in(home)
    assert [said.text async for said in target.logs(follow=True)] == ["web 1", "worker 2", "web 3"]
    assert [said.text async for said in target.logs(follow=False, of=Lines(process="web"), lines=1)] == ["web 3"]
    for of in (Lines(releases=("r-2",)), Lines(slot=Slot.GREEN), Lines(ago=timedelta(hours=1))):
        assert [said.text async for said in target.logs(follow=False, of=of)] == []
    both = Lines(releases=("r-1", "r-2"), slot=Slot.BLUE)
    assert [said.text async for said in target.logs(follow=False, of=both)] == ["web 1", "worker 2", "web 3"]
    assert not (home / "keeper.json").exists()
