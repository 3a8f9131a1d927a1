"""The environment `live` on five hosts in memory."""

from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held, take
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.monitor.status import look
from ecluse.model.app import App, Environment, Health
from ecluse.model.artifact import canonical
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.frozen import app_to_json
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import Exit, Problem
from ecluse.model.slot import Weights
from ecluse.testing.releases import NOTHING, WEB, release_of

NAMES = ("a", "b", "c", "d", "e")
LIVE = Environment(
    name=EnvironmentName("live"), hosts=tuple(f"keeper:{name}" for name in NAMES), watch=timedelta(seconds=1)
)
APP = App(
    name="example", processes=(replace(WEB, health=Health(path="/up", timeout=timedelta(seconds=2))),), migrate=("up",)
)
GONE = Problem(code="K001", what="no route to host", fix="again", exit=Exit.UNREACHABLE)


class Chain:
    """The environment `live` on five hosts in memory."""

    def __init__(self, memory, environment=LIVE):
        self.memory, self.world, self.environment = memory, memory.world, environment
        self.fleet = fleet_of(self.world, APP, environment)
        self.hosts = dict(self.fleet.targets)

    async def deploy(self, version):
        running = self.running(version)
        wanted = self.wanted
        async with held(self.fleet, self.environment.lease, self.world) as lease:
            await settle(self.fleet, lease, self.environment, self.world)
            return await deploy(wanted, running.release, NOTHING, self.fleet, lease, self.world, verb="ship")

    def running(self, version):
        """A release that a later command can recall from ledger and store."""
        running = release_of(version, *APP.processes, environment=self.environment)
        config = self.world.store.put_bytes(canonical(app_to_json(replace(APP, environments=(self.environment,)))))
        bundle = self.world.store.put_bytes(canonical(NOTHING.to_json()))
        release = replace(running.release, config=config, bundle=bundle)
        self.world.ledger.append(
            ReleaseMade(
                release=release.id, version=release.version, commit=release.commit, bundle=bundle, config=config
            )
        )
        return replace(running, release=release)

    @property
    def wanted(self):
        return Wanted(app=APP, environment=self.environment)

    async def versions(self):
        seen = await self.fleet.observe()
        return {host: look.slot(look.serving).version if look.serving else None for host, look in seen.hosts.items()}

    async def serve(self, version):
        return set((await self.versions()).values()) == {version}

    def told(self, kind):
        return [record.event for record in self.world.ledger.events() if isinstance(record.event, kind)]

    async def phase(self):
        return (await look(APP, self.environment, self.world)).phase


def lose(target, *calls, times=50):
    for call in calls:
        target.fail(call, *[GONE] * times)


EVERYTHING = (
    "observe", "take", "renew", "give_back", "stage", "begin", "run", "start", "ask", "route", "decide", "commit",
    "abort", "stop", "upgrade", "forget", "wait", "wake",
)  # fmt: skip


async def left_behind(chain, decided):
    """A deployer that died after so many of its decisions."""
    running = chain.running("2.0.0")
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    for number, (host, target) in enumerate(chain.hosts.items()):
        running = replace(running, environment=chain.environment.on(host))
        free = (await target.observe()).free
        await target.stage(lease.grant(), running, lambda _: None)
        await target.begin(lease.grant(), "d-left", running, free)
        await target.start(lease.grant(), running, free)
        await target.route(lease.grant(), chain_weights(free))
        if number < decided:
            await target.decide(lease.grant(), "d-left", 5, timedelta(minutes=10))


def chain_weights(slot):
    return Weights.all_to(slot)
