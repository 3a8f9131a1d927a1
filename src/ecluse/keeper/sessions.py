"""What people run in a release with streams of their own: not children of ours. They are `keeper.pyz attach`, started
over SSH or by a command here, which fetches from us what it becomes; so secrets stand in no argument."""

import secrets
import shutil
import time
from typing import Any, Dict, List, NamedTuple, Optional, Set

from ecluse.keeper import environment, processes
from ecluse.keeper.places import Home
from ecluse.wire import codes

Json = Dict[str, Any]
SESSION = "ECLUSE_SESSION"
"""Told to what is run: its release, and whether it ends with the lease. A keeper after us finds it by that."""
BOUND, FREE = "bound", "free"
UNCLAIMED = 60.0
"""Seconds for which what is to be run waits for the program that becomes it."""


class _Offer(NamedTuple):
    """`bound`: it ends with the lease under which it was begun."""

    specification: Json
    release: str
    bound: bool
    until: float


class _Running(NamedTuple):
    pid: int
    start_time: int
    release: str
    bound: bool


class Sessions:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._offers: Dict[str, _Offer] = {}
        self._running: List[_Running] = []

    def offer(self, running: Json, argv: List[str], *, bound: bool) -> str:
        """A ticket, good once, for the program that becomes the command. K041 when there is no such program."""
        places = environment.placeholders(self._home, running, int(running.get("port") or 0))
        words = [environment.fill(word, places) for word in argv]
        settings, folder = environment.build(self._home, running), environment.folder(self._home, running)
        settings[SESSION] = "%s %s" % (BOUND if bound else FREE, running["release"]["id"])
        if "/" not in words[0] and shutil.which(words[0], path=settings["PATH"]) is None:
            raise codes.OrderError(codes.CANNOT_START, "can't start %s: there is no such program" % words[0])
        now = time.monotonic()
        self._offers = {ticket: offer for ticket, offer in self._offers.items() if offer.until > now}
        ticket = secrets.token_urlsafe(16)
        specification = {"words": words, "environment": settings, "folder": folder}
        self._offers[ticket] = _Offer(specification, running["release"]["id"], bound, now + UNCLAIMED)
        return ticket

    def claim(self, ticket: str, pid: int) -> Json:
        """What the process `pid` is to become."""
        offer = self._offers.pop(ticket, None)
        seen = processes.stat(pid)
        if offer is None or offer.until <= time.monotonic() or seen is None:
            raise codes.OrderError(codes.BAD_ORDER, "what was to be run is no longer there")
        self._running = [*self._alive(), _Running(pid, seen.start_time, offer.release, offer.bound)]
        return offer.specification

    def adopt(self) -> None:
        """Know what runs under a keeper before us: the first process of each, its children with it."""
        told = {process.pid: (process, said) for process in processes.every() if (said := self._told(process.pid))}
        for pid, (process, said) in told.items():
            if process.parent not in told:
                kind, _, release = said.partition(" ")
                self._running.append(_Running(pid, process.start_time, release, kind == BOUND))

    def pids(self) -> List[int]:
        return [one.pid for one in self._alive()]

    def _told(self, pid: int) -> str:
        """What a process of this environment was told of its session; empty for all others."""
        variables = processes.environment_of(pid)
        return variables.get(SESSION, "") if variables.get("ECLUSE_STATE") == self._home.state else ""

    def releases(self) -> Set[str]:
        """Those in which something runs, or is about to."""
        return {one.release for one in self._alive()} | {one.release for one in self._offers.values()}

    def end(self, *, bound: Optional[bool] = None) -> None:
        """All of them; `bound`: those that are, or aren't."""
        self._offers = {ticket: offer for ticket, offer in self._offers.items() if bound not in (None, offer.bound)}
        for one in self._alive():
            if bound in (None, one.bound):
                processes.end_family(one.pid)

    def _alive(self) -> List[_Running]:
        return [one for one in self._running if processes.is_alive(one.pid, one.start_time)]
