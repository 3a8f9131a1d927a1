"""A world in which only the clock and the ledger are there: the engine needs no more."""

import asyncio
from dataclasses import fields

import pytest

from ecluse.ports.world import World
from ecluse.system.clock import SystemClock


class ListLedger:
    """What was appended; `alone` holds the groups that had a transaction of their own."""

    def __init__(self):
        self.kept = []
        self.alone = []

    def append(self, *events):
        self.alone.append(events)
        self.kept += events

    def defer(self, *events):
        self.kept += events


@pytest.fixture
def world():
    absent = {field.name: None for field in fields(World)}
    return World(**absent | {"clock": SystemClock(), "ledger": ListLedger()})


@pytest.fixture
def do():
    return asyncio.run
