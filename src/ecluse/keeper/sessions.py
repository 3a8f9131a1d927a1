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
