"""Health is what the release that serves says it is, not what the working tree says by now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.cli.render.status import lease_line, text
from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.monitor.status import document, look
from ecluse.model.app import App, Environment, Health, Process
from ecluse.model.artifact import canonical
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.frozen import app_to_json
from ecluse.model.holder import Holder
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.model.observed import Held, LeaseSeen, OpenDeployment
from ecluse.model.problem import Exit, Problem
from ecluse.model.slot import Slot, Weights
from ecluse.providers.memory.script import Behaviour
from ecluse.providers.memory.target import MemoryTarget
from ecluse.testing.releases import WEB, release_of

pytestmark = pytest.mark.looped
LOCAL = Environment(name=EnvironmentName("local"))


def asking(path):
    health = Health(path=path, timeout=timedelta(seconds=2)) if path else None
    return App(name="example", processes=(replace(WEB, health=health),), environments=(LOCAL,))


async def served(memory, path, *, only, processes=(), then=None):
    """1.0.0 serves; its manifest asks `path`, and it answers `only` that one."""
    app = asking(path)
    app = replace(app, processes=(*app.processes, *processes))
    config = memory.world.store.put_bytes(canonical(app_to_json(app)))
    running = release_of("1.0.0", *app.processes, environment=LOCAL)
    running = replace(running, release=replace(running.release, config=config))
    memory.target.script("1.0.0", then or Behaviour(only=only))
    made = {"version": "1.0.0", "commit": running.release.commit, "bundle": running.release.bundle, "config": config}
    memory.ledger.append(ReleaseMade(release=running.release.id, **made))
    async with held(fleet_of(memory.world, app, LOCAL), LOCAL.lease, memory.world) as lease:
        await memory.target.start(lease.grant(), running, Slot.BLUE)
        await memory.target.route(lease.grant(), Weights.all_to(Slot.BLUE))
    return config


@pytest.mark.parametrize(
    ("then", "answers", "now", "health"),
    [
        ("/up", "/up", "/health", "healthy"),
        ("/up", "/health", "/health", "unhealthy"),
        ("/up", "/up", "", "healthy"),
        ("", "/", "/health", "unchecked"),
    ],
)
async def test_the_release_is_asked_what_its_own_manifest_asks(memory_world, then, answers, now, health):
    await served(memory_world, then, only=answers)
    found = await look(asking(now), LOCAL, memory_world.world)
    assert found.health == health
    assert "working tree" not in found.why


@pytest.mark.parametrize("lacking", ["manifest", "ledger"])
@pytest.mark.parametrize(("answers", "health"), [("/health", "healthy"), ("/up", "unhealthy")])
async def test_where_that_is_not_known_the_working_tree_s_is_asked_and_said(memory_world, lacking, answers, health):
    config = await served(memory_world, "/up", only=answers)
    if lacking == "manifest":
        memory_world.world.store.path(config).unlink()
    else:
        memory_world.ledger = MemoryLedger(memory_world.clock, "anne@here")
    found = await look(asking("/health"), LOCAL, memory_world.world)
    assert found.health == health
    assert "asked as the working tree's manifest says: that of 1.0.0 isn't known here" in found.why
    assert document((found,))["environments"][0]["why"] == found.why


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("", "http://127.0.0.1:8000"),
        ("https://shop.example.com", "https://shop.example.com"),
        ("http://localhost:{port}", "http://localhost:8000"),
    ],
)
async def test_people_are_told_the_url_of_the_manifest_with_the_port_that_is_served(
    memory_world, capsys, declared, told
):
    there = replace(LOCAL, url=declared, port=8731)
    assert document((await look(asking("/up"), there, memory_world.world),))["environments"][0]["url"] == ""
    await served(memory_world, "/up", only="/up")
    found = await look(asking("/up"), there, memory_world.world)
    shown = document((found,))["environments"][0]
    assert (shown["url"], shown["hosts"][0]["url"]) == (told, "http://127.0.0.1:8000")
    text((found,), memory_world.clock.now())
    assert f"healthy  {told}\n" in capsys.readouterr().out


async def test_of_a_process_that_does_not_run_it_is_told_which_and_how_it_ended(memory_world):
    await served(memory_world, "/up", only="/up", then=Behaviour(exits_after=1))
    await memory_world.clock.sleep(5)
    found = await look(asking("/up"), LOCAL, memory_world.world)
    assert (found.health, found.why) == ("unhealthy", "web exited (last: exit 1)")


async def test_a_host_that_is_lost_while_it_is_asked_hides_nothing(memory_world):
    await served(memory_world, "/up", only="/up")
    memory_world.target.fail("ask", Problem(code="K001", what="no answer", fix="again", exit=Exit.UNREACHABLE))
    found = await look(asking("/up"), LOCAL, memory_world.world)
    assert (found.health, found.why, found.seen.slot(Slot.BLUE).version) == ("unknown", "no answer", "1.0.0")


class Slow(MemoryTarget):
    """Takes as long as it may to answer."""

    async def ask(self, slot, question):
        await self._clock.sleep(question.patience.total_seconds())
        return await super().ask(slot, question)


async def test_hosts_are_asked_at_once(memory_world):
    live = replace(LOCAL, hosts=tuple(f"keeper:{name}" for name in "abc"))
    for name in "abc":
        memory_world.target = memory_world.hosts[name] = Slow(memory_world.clock)
        await served(memory_world, "/up", only="/up")
    began = memory_world.clock.monotonic()
    assert (await look(asking("/up"), live, memory_world.world)).health == "healthy"
    assert memory_world.clock.monotonic() - began < 2 * Health(path="/up").patience.total_seconds()


async def test_a_process_that_is_off_is_shown_as_the_release_that_serves_has_it(memory_world, capsys):
    worker = Process(name=ProcessName("worker"), command=("work",), enabled=False, why_off="needs Redis")
    await served(memory_world, "/up", only="/up", processes=(worker,))
    found = await look(asking("/up"), LOCAL, memory_world.world)
    assert document((found,))["environments"][0]["off"] == [{"name": "worker", "why": "needs Redis"}]
    text((found,), memory_world.clock.now())
    assert "\n  worker  off: needs Redis\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("opened", "end"), [({}, "undone"), ({"decided": True}, "finished"), ({"held": Held(left=())}, "free")]
)
def test_a_holder_that_is_gone_is_said_with_what_comes_of_its_deployment(opened, end):
    holder = Holder(id="h", host="vm", pid=147, user="ann", command="ecluse ship")
    lease = LeaseSeen(holder=holder, generation=1, age=20.0, left=9.6)
    left = OpenDeployment(
        id="d", release="r", version="1", slot=Slot.BLUE, previous=None, generation=1, last_move="start", **opened
    )
    assert lease_line(lease, left) == "held by ann@vm (pid 147): ecluse ship"
    told = lease_line(replace(lease, gone=True), left)
    assert told == f"held by ann@vm (pid 147): ecluse ship (gone; {end} in 10 s, or now by the next command)"
    assert lease_line(replace(lease, gone=True), None).endswith("(gone; free in 10 s, or now by the next command)")
