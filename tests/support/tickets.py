"""A shop whose release 1.4.0 is to be told on tickets of a tracker in memory."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.tickets.telling import tell_due
from ecluse.model.app import App, Environment, Health
from ecluse.model.artifact import canonical
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.events.tickets import TicketsNamed
from ecluse.model.frozen import app_to_json
from ecluse.model.ids import EnvironmentName
from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.providers.memory.tracker import MemoryTracker
from ecluse.testing.releases import NOTHING, WEB, release_of
from ecluse.testing.world import MemoryWorld

TICKETS = Tickets(
    tracker=TrackerKind.JIRA, project="ABC", on_release="Done", on_deploy={"production": "Done"},
    on_rollback={"production": "In Progress"}, link="https://example.com/{version}",
)  # fmt: skip
PRODUCTION = Environment(name=EnvironmentName("production"), url="https://shop.example.com")
APP = App(name="shop", processes=(), tickets=TICKETS, environments=(PRODUCTION,))

PLACE = replace(PRODUCTION, watch=timedelta(seconds=1))
SHOP = replace(
    APP,
    processes=(replace(WEB, health=Health(path="/up", timeout=timedelta(seconds=2))),),
    environments=(PLACE,),
)


def named(*keys, happening="release", environment="", version="1.4.0", **more):
    tickets = dict.fromkeys(keys or ("ABC-1",), "abc1234 def5678")
    return TicketsNamed(
        environment=environment, release="r-1", version=version, happening=happening, tickets=tickets,
        tag=f"v{version}", **more,
    )  # fmt: skip


class Laptop:
    """A ledger of its own; the board is everybody's."""

    def __init__(self, folder, board):
        self.memory = MemoryWorld(folder)
        self.memory.tracker = MemoryTracker(board=board)

    @property
    def tracker(self):
        return self.memory.tracker

    @property
    def ledger(self):
        return self.memory.ledger

    def named(self, *keys, **more):
        self.ledger.append(named(*keys, **more))

    def tell(self, app=APP, tracker=None, ledger=None):
        world = self.memory.world
        if tracker:
            world = replace(world, tracker=lambda _: tracker)
        if ledger:
            world = replace(world, ledger=ledger)
        return asyncio.run(tell_due(app, app.tickets, world, app.tickets.budget))

    @property
    def outbox(self):
        return self.ledger.state().outbox

    @property
    def waiting(self):
        return [key for notice in self.outbox.due for key in notice.tickets]

    def facts(self, kind):
        return [record.event for record in self.ledger.events() if isinstance(record.event, kind)]


class Line:
    """Releases, one a commit, deployed as `ship` does it."""

    def __init__(self, laptop):
        self.laptop, self.world = laptop, laptop.memory.world

    def release(self, version, subject):
        commit = self.laptop.memory.source.commit({"app.py": version}, subject)
        plain = release_of(version, *SHOP.processes, environment=PLACE).release
        config = self.world.store.put_bytes(canonical(app_to_json(SHOP)))
        bundle = self.world.store.put_bytes(canonical(NOTHING.to_json()))
        release = replace(plain, commit=commit, config=config, bundle=bundle, tag=f"v{version}")
        made = ReleaseMade(
            release=release.id, version=version, commit=commit, bundle=bundle, config=config, tag=release.tag
        )
        self.world.ledger.append(made)
        return release

    def deploy(self, release):
        fleet = fleet_of(self.world, SHOP, PLACE)

        async def made():
            async with held(fleet, PLACE.lease, self.world) as lease:
                await settle(fleet, lease, PLACE, self.world)
                wanted = Wanted(app=SHOP, environment=PLACE)
                return await deploy(wanted, release, NOTHING, fleet, lease, self.world, verb="ship")

        return asyncio.run(made())

    @property
    def due(self):
        return [(one.happening, one.version, list(one.tickets)) for one in self.laptop.outbox.due]
