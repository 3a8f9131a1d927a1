"""A shop whose release 1.4.0 is to be told on tickets of a tracker in memory."""

import asyncio
from dataclasses import replace

from ecluse.loop.tickets.telling import tell_due
from ecluse.model import events
from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName
from ecluse.model.ticket import Tickets, TrackerKind
from ecluse.providers.memory.tracker import MemoryTracker
from ecluse.testing.world import MemoryWorld

TICKETS = Tickets(
    tracker=TrackerKind.JIRA, project="ABC", on_release="Done", on_deploy={"production": "Done"},
    on_rollback={"production": "In Progress"}, link="https://example.com/{version}",
)  # fmt: skip
PRODUCTION = Environment(name=EnvironmentName("production"), url="https://shop.example.com")
APP = App(name="shop", processes=(), tickets=TICKETS, environments=(PRODUCTION,))


def named(*keys, happening="release", environment="", version="1.4.0", **more):
    tickets = dict.fromkeys(keys or ("ABC-1",), "abc1234 def5678")
    return events.TicketsNamed(
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
