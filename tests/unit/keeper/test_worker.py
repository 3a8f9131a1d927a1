import asyncio
import os
import signal
import sys
import time

import pytest

from ecluse.keeper import processes, worker
from ecluse.keeper.worker import EXITED, RUNNING, WAITING, Worker
from ecluse.wire.codes import OrderError


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.1), (2, 0.2), (3, 0.4), (7, 6.4), (8, 10), (500, 10)])
def test_the_back_off_doubles_up_to_ten_seconds(failures, seconds):
    assert worker.delay(failures) == pytest.approx(seconds)


def test_an_exit_is_described():
    assert worker.describe(0) == "exit 0"
    assert worker.describe(3 << 8) == "exit 3"
    assert worker.describe(signal.SIGKILL) == "SIGKILL"
    assert worker.describe(40) == "signal 40"
    assert worker.describe(None) == "unknown"


@pytest.fixture
def make(tmp_path):
    def order(script):
        return processes.Order(
            [sys.executable, "-c", script], {}, str(tmp_path), str(tmp_path / "out"), str(tmp_path / "err")
        )

    def made(script, *, may_give_up=False, seen=None):
        return Worker(
            "web",
            "web",
            lambda: order(script),
            changed=lambda changed: seen.append(changed.state) if seen is not None else None,
            may_give_up=lambda: may_give_up,
        )

    return made


async def until(condition):
    """Looks again after each turn of the loop; there is nobody who could tell us."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert condition()


def test_a_process_that_exits_is_started_again(make):
    async def story():
        web = make("import sys; sys.exit(4)")
        web.start()
        await until(lambda: web.restarts == 2)
        assert web.last_exit == "exit 4"
        assert not web.is_steady
        await web.stop(signal.SIGTERM, 5)
        assert web.state == EXITED

    asyncio.run(story())


def test_what_is_started_anew_has_a_clean_slate(make):
    """Else a release that was ever restarted could never be gone back to."""

    async def story():
        web = make("import time; time.sleep(60)")
        web.start()
        os.kill(web.pid, signal.SIGKILL)
        await until(lambda: web.restarts == 1 and web.state == RUNNING)
        await web.stop(signal.SIGTERM, 5)
        web.start()
        assert web.restarts == 0
        await web.stop(signal.SIGTERM, 5)

    asyncio.run(story())


def test_a_clock_that_is_set_back_makes_no_process_young(make):
    async def story():
        web = make("import time; time.sleep(60)")
        web.start()
        os.kill(web.pid, signal.SIGKILL)
        await until(lambda: web.restarts == 1 and web.state == RUNNING)
        assert not web.is_steady
        web.started_at += 3600
        await until(lambda: web.is_steady)
        await web.stop(signal.SIGTERM, 5)

    asyncio.run(story())


def test_a_release_without_traffic_gives_up_after_a_few_exits(make):
    async def story():
        seen = []
        web = make("pass", may_give_up=True, seen=seen)
        web.start()
        await until(lambda: web.gave_up)
        assert (web.state, web.restarts) == (EXITED, worker.FEW - 1)
        assert seen.count(WAITING) == worker.FEW - 1
        web.start()
        assert (web.state, web.gave_up) == (RUNNING, False)
        await web.stop(signal.SIGTERM, 5)

    asyncio.run(story())


def test_a_program_that_is_not_there_is_refused(make, tmp_path):
    async def story():
        missing = processes.Order(["./nothing"], {}, str(tmp_path), str(tmp_path / "out"), str(tmp_path / "err"))
        web = Worker("web", "web", lambda: missing, changed=lambda _: None, may_give_up=lambda: True)
        with pytest.raises(OrderError, match=r"can't start ./nothing: No such file") as error:
            web.start()
        assert (error.value.code, web.gave_up) == ("K041", True)

    asyncio.run(story())


def test_a_program_that_vanished_is_tried_again_with_back_off(make, tmp_path):
    async def story():
        script = tmp_path / "once"
        script.write_text("#!/bin/sh\nrm -f once\nexit 1\n")
        script.chmod(0o755)
        order = processes.Order(["./once"], {"PATH": "/bin"}, str(tmp_path), str(tmp_path / "o"), str(tmp_path / "e"))
        web = Worker("web", "web", lambda: order, changed=lambda _: None, may_give_up=lambda: True)
        web.start()
        await until(lambda: web.gave_up)
        assert "No such file" in web.last_exit

    asyncio.run(story())


def test_another_keeper_adopts_what_still_runs(make):
    async def story():
        first = make("import time; time.sleep(60)")
        first.start()
        record = first.record()
        first.forget()
        second = make("pass")
        second.adopt(record)
        assert (second.pid, second.state, second.is_steady) == (record["pid"], RUNNING, True)
        assert await second.stop(signal.SIGTERM, 5)
        assert second.last_exit == "SIGTERM"

    asyncio.run(story())


def test_what_ended_unseen_is_started_again_with_an_unknown_exit(make):
    async def story():
        web = make("import time; time.sleep(60)")
        record = {**web.record(), "pid": os.getpid(), "start_time": 1, "state": RUNNING}
        web.adopt(record)
        assert (web.state, web.last_exit) == (WAITING, "unknown")
        await until(lambda: web.state == RUNNING)
        await web.stop(signal.SIGTERM, 5)

    asyncio.run(story())


def test_another_keeper_sends_no_second_signal(make, tmp_path):
    async def story():
        script = "import signal, time; signal.signal(15, lambda *_: print('told', flush=True)); print('up', flush=True)"
        first = make(script + "\nwhile True: time.sleep(60)")
        first.start()
        await until((tmp_path / "out").read_text)
        stopping = asyncio.ensure_future(first.stop(signal.SIGTERM, 60))
        await until(lambda: "told" in (tmp_path / "out").read_text())
        record = first.record()
        second = make("pass")
        second.adopt(record)
        assert not await second.stop(signal.SIGTERM, 0.3)
        assert (tmp_path / "out").read_text().split() == ["up", "told"]
        await stopping

    asyncio.run(story())


def test_what_ended_unseen_after_its_signal_is_not_started_again(make):
    async def story():
        web = make("import time; time.sleep(60)")
        record = {**web.record(), "pid": os.getpid(), "start_time": 1, "state": RUNNING, "ends": True}
        web.adopt(record)
        assert (web.state, web.last_exit) == (EXITED, "unknown")

    asyncio.run(story())


def test_what_had_given_up_stays_so(make):
    async def story():
        web = make("pass")
        web.adopt({**web.record(), "gave_up": True, "last_exit": "exit 1"})
        assert (web.state, web.gave_up, web.last_exit) == (EXITED, True, "exit 1")

    asyncio.run(story())


def test_a_stop_cancels_the_next_start(make):
    async def story():
        web = make("pass")
        web.start()
        await until(lambda: web.state == WAITING)
        assert await web.stop(signal.SIGTERM, 5)
        assert web.state == EXITED

    asyncio.run(story())


def test_a_process_that_ignores_its_signal_is_killed_at_the_end_of_the_budget(make, tmp_path):
    async def story():
        web = make("import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)")
        web.start()
        await until((tmp_path / "out").read_text)
        assert not await web.stop(signal.SIGTERM, 0.1)
        assert web.last_exit == "SIGKILL"

    asyncio.run(story())


def test_a_process_wanted_again_while_it_stops_is_started_at_its_end(make, tmp_path):
    async def story():
        script = "import signal, time; signal.signal(15, lambda *_: exit(0)); print(1, flush=True); time.sleep(60)"
        web = make(script)
        web.start()
        await until((tmp_path / "out").read_text)
        first = web.pid
        stops = [asyncio.ensure_future(web.stop(signal.SIGTERM, 5)) for _ in range(2)]
        await asyncio.sleep(0)
        web.start()
        assert await asyncio.gather(*stops) == [True, True]
        await until(lambda: web.state == RUNNING)
        assert (web.pid != first, web.last_exit, web.restarts) == (True, "exit 0", 0)
        assert await web.stop(signal.SIGKILL, 5)

    asyncio.run(story())
