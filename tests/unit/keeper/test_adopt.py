"""A keeper after another one, both in this process: what they keep runs in processes of its own."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from ecluse.keeper import processes
from ecluse.keeper.adopt import adopt
from ecluse.keeper.chores import Chores, zombies
from ecluse.keeper.deploying import Deploying
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.listeners import inode
from ecluse.keeper.observe import state, warnings
from ecluse.keeper.places import Home
from support.keeper_host import WEB, Host, get, weights

KEEPS_ONE_SOCKET = "import os\nos.close(4)\n" + WEB


@pytest.fixture
def host(tmp_path):
    """Where releases come from; its keepers are made by the test. Afterwards nothing of them may be left running."""
    made = Host(tmp_path / "home")
    yield made
    left = made.processes()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


@pytest.fixture
def home(host):
    made = Home(str(host.home))
    made.make()
    return made


@pytest.fixture
def tell(home):
    """Runs a story, which begins with a keeper and returns the one that has the environment at its end."""

    def told(story):
        async def whole():
            last = await story(Keeper(home))
            await last.shut()
            last.vault.remove()

        asyncio.run(whole())

    return told


async def serve(keeper, running, slot):
    """Whoever asks before the server has started waits in the socket's queue."""
    await keeper.start(running, slot)
    keeper.route(weights(slot))


async def asked(port):
    return await asyncio.to_thread(get, port)


def killed(keeper):
    """What a SIGKILL leaves of it: what it wrote and what it started."""
    for name, slot in keeper.slots.items():
        slot.leave()
        keeper.traffic.occupy(name)
    for listener in (keeper.traffic.pair or {}).values():
        listener.close()


def next_keeper(home, inherited=None):
    keeper = Keeper(home)
    adopt(keeper, inherited)
    return keeper


def pids(keeper, slot):
    return [worker.pid for worker in keeper.slots[slot].workers]


def test_the_sockets_are_taken_from_a_process_that_serves(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        assert await asked(host.port) == (200, "1")
        sockets, served_by = inodes(before), pids(before, "blue")
        killed(before)
        after = next_keeper(home)
        assert (inodes(after), pids(after, "blue")) == (sockets, served_by)
        assert (after.weight("blue"), list(after.warnings)) == (100, [])
        await serve(after, host.running("2"), "green")
        assert await asked(host.port) == (200, "2")
        return after

    tell(story)


def inodes(keeper):
    return {name: inode(listener) for name, listener in keeper.traffic.pair.items()}


def test_behind_a_relay_the_sockets_are_taken_from_it(host, home, tell, monkeypatch):
    monkeypatch.setenv("ECLUSE_ROUTING", "relay")

    async def story(before):
        await serve(before, host.running("1"), "blue")
        assert await asked(host.port) == (200, "1")
        sockets = inodes(before)
        killed(before)
        after = next_keeper(home)
        assert (inodes(after), sorted(sockets)) == (sockets, ["blue", "front", "green"])
        assert await asked(host.port) == (200, "1")
        return after

    tell(story)


def test_whoever_keeps_sockets_that_can_not_be_taken_over_is_started_again(host, home, tell):
    async def story(before):
        await serve(before, host.running("1", web=KEEPS_ONE_SOCKET), "blue")
        assert await asked(host.port) == (200, "1")
        (old,) = pids(before, "blue")
        killed(before)
        after = next_keeper(home)
        assert list(after.warnings) == ["web was ended: its sockets could not be taken over"]
        assert await asked(host.port) == (200, "1")
        assert pids(after, "blue") != [old]
        return after

    tell(story)


def end_processes(keeper, slot):
    for pid in pids(keeper, slot):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_after_a_reboot_what_served_comes_back(host, home, tell):
    """No process, no socket, only the records."""

    async def story(before):
        await serve(before, host.running("1"), "blue")
        killed(before)
        end_processes(before, "blue")
        after = next_keeper(home)
        assert await asked(host.port) == (200, "1")
        assert after.slots["blue"].workers[0].last_exit == "unknown"
        assert os.get_blocking(after.traffic.pair["blue"].fileno()), "as at the first start"
        return after

    tell(story)


async def never():
    return


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not within 10 s")


def test_a_port_that_somebody_else_has_delays_the_comeback(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        killed(before)
        end_processes(before, "blue")
        said = []
        with socket.create_server(("127.0.0.1", host.port)):
            after = next_keeper(home)
            assert "can't be started again yet: port %d is taken by pid %d" % (host.port, os.getpid()) in after.blocked
            assert after.is_needed
        chores = Chores(after, Deploying(after), said.append, look_for_us=never, leave=lambda: None, idle=60)
        at_work = asyncio.ensure_future(chores.run())
        await until(lambda: not after.blocked)
        at_work.cancel()
        assert said == ["the port is free again: what ran here runs again"]
        assert await asked(host.port) == (200, "1")
        return after

    tell(story)


def damage(home, name):
    for path in (home.below(name), home.below(name + ".copy")):
        Path(path).write_bytes(b"garbage")


def test_without_any_routes_the_slot_that_had_traffic_serves(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        assert await asked(host.port) == (200, "1")
        killed(before)
        damage(home, "routes.json")
        after = next_keeper(home)
        assert (after.weight("blue"), after.weight("green")) == (100, 0)
        assert await asked(host.port) == (200, "1")
        (warning,) = after.warnings
        assert warning.startswith("routes.json: ")
        return after

    tell(story)


def test_without_any_routes_a_slot_that_never_served_gets_no_traffic(host, home, tell):
    async def story(before):
        await before.start(host.running("1"), "blue")
        killed(before)
        damage(home, "routes.json")
        after = next_keeper(home)
        assert after.traffic.weights is None
        return after

    tell(story)


def test_what_runs_in_a_slot_without_any_record_goes_on_until_the_next_commit(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        assert await asked(host.port) == (200, "1")
        handed = {name: os.dup(listener.fileno()) for name, listener in before.traffic.pair.items()}
        killed(before)
        damage(home, "slots/blue.json")
        after = next_keeper(home, handed)
        assert after.warnings[0] == "what runs in blue is not known any more, and goes on: deploy again"
        assert after.lost == {"blue"}
        assert after.is_needed
        assert await asked(host.port) == (200, "1")
        await serve(after, host.running("2"), "green")
        after.retire("blue", 0)
        await until(lambda: not after.lost)
        assert await asked(host.port) == (200, "2")
        return after

    tell(story)


GONE = "the secrets of 1 are gone, they lived in memory (TOKEN): `ecluse converge local` brings them"
SAYS_TOKEN = WEB.replace('os.environ["ECLUSE_VERSION"]', 'os.environ["TOKEN"]')


def test_what_runs_on_without_its_secrets_is_told_and_left_alone(host, home, tell):
    async def story(before):
        await serve(before, host.running("1", secrets={"TOKEN": "a"}), "blue")
        killed(before)
        before.vault.remove()
        after = next_keeper(home)
        assert (warnings(after), state(after.slots["blue"])) == ([GONE], "running")
        assert await asked(host.port) == (200, "1")
        return after

    tell(story)


def test_what_ended_without_its_secrets_waits_for_them_and_clients_are_told(host, home, tell):
    async def story(before):
        token = host.running("1", web=SAYS_TOKEN, secrets={"TOKEN": "a"})
        await serve(before, token, "blue")
        assert await asked(host.port) == (200, "a")
        (web,) = before.slots["blue"].workers
        killed(before)
        before.vault.remove()
        processes.end_family(web.pid)
        after = next_keeper(home)
        assert (warnings(after), state(after.slots["blue"])) == ([GONE], "wants_secrets")
        assert (await asked(host.port))[0] == 503
        killed(after)
        after = next_keeper(home)  # one more keeper knows it still
        assert (state(after.slots["blue"]), after.slots["blue"].workers[0].restarts) == ("wants_secrets", 0)
        await after.start({**token, "secrets": {"TOKEN": "b"}}, "blue")
        await until(lambda: after.slots["blue"].is_up)
        assert await asked(host.port) == (200, "b")
        assert (warnings(after), state(after.slots["blue"])) == ([], "running")
        return after

    tell(story)


def test_a_process_that_stands_in_no_record_is_ended(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        killed(before)
        after = next_keeper(home)
        assert stray.poll() == -signal.SIGKILL
        assert list(after.warnings) == ["process %d of an earlier keeper was ended: it stood in no record" % stray.pid]
        assert await asked(host.port) == (200, "1")
        return after

    told = {**os.environ, "ECLUSE_STATE": home.state}
    with subprocess.Popen(["sleep", "60"], env=told, start_new_session=True) as stray:
        tell(story)


def test_a_keeper_killed_right_after_the_commit_leaves_the_old_release_to_the_next(host, home, tell):
    async def story(before):
        await serve(before, host.running("1"), "blue")
        before.journal.begin({"id": "d-2", "release": "r-2", "version": "2", "slot": "green", "previous": "blue"})
        await serve(before, host.running("2"), "green")
        before.journal.before("commit", warm=300)
        before.journal.close("committed", "")
        before.slots["green"].committed = True
        killed(before)
        after = next_keeper(home)
        assert after.slots["green"].committed
        assert after.slots["blue"].warm_until > 0
        assert await asked(host.port) == (200, "2")
        return after

    tell(story)


@pytest.mark.parametrize("routes", ["there", "lost"])
def test_workers_alone_serve_under_the_next_keeper_too(host, home, tell, routes):
    """They have no socket that could be taken over."""

    async def story(before):
        running = host.running("1", workers=1)
        running["processes"] = running["processes"][1:]
        await serve(before, running, "blue")
        worked_by = pids(before, "blue")
        killed(before)
        if routes == "lost":
            for file in host.home.glob("routes.json*"):
                file.unlink()
        after = next_keeper(home)
        assert (pids(after, "blue"), after.weight("blue"), after.traffic.serving) == (worked_by, 100, "blue")
        assert (after.traffic.kind, after.traffic.port) == ("none", 0)
        return after

    tell(story)


def test_background_workers_that_were_to_end_when_their_keeper_was_killed_end(host, home, tell):
    async def story(before):
        first = host.running("1", workers=2, drain=2)
        await serve(before, first, "blue")
        await serve(before, host.running("2", workers=1), "green")
        before.slots["green"].committed = True
        before.retire("blue", 300)
        before._halting.cancel()
        killed(before)
        after = next_keeper(home)
        web, *workers = after.slots["blue"].workers
        await until(lambda: all(worker.state == "exited" for worker in workers))
        assert (web.state, after.slots["green"].workers[1].state) == ("running", "running")
        assert after.slots["blue"].warm_until > 0
        return after

    tell(story)


def test_an_error_of_a_chore_is_told_and_the_next_tick_comes(home, tell):
    async def story(keeper):
        said = []

        async def fails():
            raise OSError("no space left")

        left = asyncio.Event()
        chores = Chores(keeper, Deploying(keeper), said.append, look_for_us=fails, leave=left.set, idle=0)
        at_work = asyncio.ensure_future(chores.run())
        await until(lambda: len(said) > 1)
        at_work.cancel()
        assert all("looking after failed" in text and "no space left" in text for text in said)
        assert not left.is_set()
        return keeper

    tell(story)


def test_a_child_that_nobody_has_waited_for_is_a_zombie():
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert child.pid in [seen.pid for seen in zombies()]
    assert child.pid not in [seen.pid for seen in zombies()]
