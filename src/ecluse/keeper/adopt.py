"""Going on after a keeper: its sockets, its slots, its processes are taken over while they serve."""

import os
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

from ecluse.keeper import holder, kernel, listeners, processes, strays
from ecluse.keeper.durable import SealedFile
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.places import Home
from ecluse.keeper.processes import boottime
from ecluse.keeper.routing import SLOTS
from ecluse.keeper.traffic import OTHER
from ecluse.keeper.units import has_web
from ecluse.wire import codes

Record = Dict[str, Any]


def adopt(keeper: Keeper, inherited: Optional[Mapping[str, int]] = None) -> None:
    """Bring the keeper to where the one before it was. What can't be taken over is said in its warnings.

    While somebody else has the port nothing is changed, and the keeper is `blocked`: to be called again later.
    """
    home = keeper.home
    keeper.services.adopt()
    known, lost = read(keeper)
    routes = _routes(keeper, known)
    pair = regain(home, known.values(), routes, inherited)
    try:
        _open(keeper, pair, routes, known)
    except codes.OrderError as error:
        keeper.blocked = "what ran here can't be started again yet: %s" % error.message
        return
    keeper.blocked = ""
    for slot, record in known.items():
        keeper.slots[slot].adopt(record)
    _settle(keeper, lost)


def read(keeper: Keeper) -> Tuple[Dict[str, Record], Set[str]]:
    """What the keeper before us wrote of each slot, and the slots of which nothing readable is left."""
    known: Dict[str, Record] = {}
    lost: Set[str] = set()
    for slot in SLOTS:
        file = SealedFile(keeper.home.slot(slot), flush=False)
        record = file.load()
        if record:
            known[slot] = record
        elif file.recovered:
            lost.add(slot)
            keeper.warnings.append("what runs in %s is not known any more, and goes on: deploy again" % slot)
        if file.recovered:
            keeper.warnings.append(file.recovered)
    return known, lost


def _routes(keeper: Keeper, known: Mapping[str, Record]) -> Record:
    """As they were written; else what the slots say: the one that had traffic and isn't kept warm serves."""
    file = SealedFile(keeper.home.routes, flush=False)
    routes = file.load()
    if file.recovered:
        keeper.warnings.append(file.recovered)
    if routes is not None:
        return routes
    for slot, record in known.items():
        if record["had_traffic"] and not record["warm_until"]:
            running = record["running"]
            port = running["port"] if has_web(running) else 0
            weights = {slot: 100, OTHER[slot]: 0}
            return {"address": running.get("address") or "127.0.0.1", "port": port, "weights": weights}
    return {}


def _open(keeper: Keeper, pair: Optional[listeners.Pair], routes: Record, known: Mapping[str, Record]) -> None:
    """The sockets of before, or new ones when nobody has them any more (a reboot)."""
    if pair is not None:
        keeper.traffic.adopt(pair, routes)
    elif known and routes.get("port"):
        _end_unreachable(keeper, known.values())
        keeper.traffic.bind(routes["address"], routes["port"])
        keeper.traffic.weights = routes.get("weights")
        for slot, record in known.items():
            if has_web(record["running"]):  # a server that is started anew finds its socket as at its first start
                keeper.traffic.sockets(slot)[0].setblocking(True)
    elif known:
        keeper.traffic.weights = routes.get("weights")  # of workers alone


def _end_unreachable(keeper: Keeper, known: Iterable[Record]) -> None:
    """Whoever still listens on sockets that we can't have would take connections from the new ones."""
    for worker in _alive(known):
        keeper.warnings.append("%s was ended: its sockets could not be taken over" % worker["name"])
        processes.end_family(worker["pid"])


def _alive(known: Iterable[Record]) -> Iterator[Record]:
    for record in known:
        for worker in record["workers"]:
            if worker["pid"] and processes.is_alive(worker["pid"], worker["start_time"]):
                yield worker


def _settle(keeper: Keeper, lost: Set[str]) -> None:
    """Weights, phases and empty slots as they should be, and nothing of ours that nobody knows, unless that is because
    we lost what we knew."""
    for name, slot in keeper.slots.items():
        if (slot.has_web and not slot.wants_secrets) or name in lost:
            keeper.traffic.occupy(name)
        else:
            keeper.traffic.vacate(name)
        if slot.running:
            slot.mark(keeper.weight(name), boottime())
    keeper.traffic.restore()
    _hold_back(keeper)
    keeper.lost = lost
    if not lost:
        roots = [worker.pid for slot in keeper.slots.values() for worker in slot.workers if worker.pid]
        keeper.sessions.adopt()
        roots += [*keeper.services.pids, *keeper.sessions.pids()]
        for pid in strays.end(keeper.home, roots):
            keeper.warnings.append("process %d of an earlier keeper was ended: it stood in no record" % pid)
    if keeper.journal.open is None:
        _retire_unfinished(keeper)
    for name, slot in keeper.slots.items():
        if slot.warm_until and not keeper.weight(name):
            keeper.end_background(name)  # the keeper before us may have been at it


def _hold_back(keeper: Keeper) -> None:
    occupied = [name for name, slot in keeper.slots.items() if slot.has_web]
    if len(occupied) == 1:
        keeper.traffic.hold_back(occupied[0])


def _retire_unfinished(keeper: Keeper) -> None:
    """No deployment is open: a release that has neither traffic nor an end is what a lost deployment left, or its
    keeper died between the commit and this. One that would have to wait for its secrets isn't kept warm."""
    for name, slot in keeper.slots.items():
        if (
            slot.running
            and (slot.wants_secrets or not slot.warm_until)
            and not keeper.weight(name)
            and keeper.weight(OTHER[name])
        ):
            keeper.slots[OTHER[name]].committed = True
            is_worth_it = slot.committed and not slot.wants_secrets
            keeper.retire(name, _warm_seconds(keeper) if is_worth_it else 0.0)


def _warm_seconds(keeper: Keeper) -> float:
    """What the last commit asked for."""
    move = keeper.journal.move or {}
    return float(move["detail"]["warm"]) if move.get("name") == "commit" else 0.0


def regain(
    home: Home, known: Iterable[Record], routes: Record, inherited: Optional[Mapping[str, int]] = None
) -> Optional[listeners.Pair]:
    """The two sockets: inherited, from the holder, or from a process that keeps them; None when nobody has them."""
    if inherited:
        return listeners.adopt_pair(inherited)
    pair = _from_holder(home)
    if routes.get("front"):
        return pair or _from_front(routes["front"])
    for worker in [] if pair else _alive(_in_order(known)):
        pair = pair or _from_worker(worker)
    return pair


def _in_order(known: Iterable[Record]) -> List[Record]:
    return [{**record, "workers": [_with_slot(record, worker) for worker in record["workers"]]} for record in known]


def _with_slot(record: Record, worker: Record) -> Record:
    return {**worker, "slot": record["slot"]}


def _from_holder(home: Home) -> Optional[listeners.Pair]:
    try:
        _, descriptors = holder.call(home, {"order": "give"})
        names = sorted((*SLOTS, "front")[: len(descriptors)])
        return listeners.adopt_pair(dict(zip(names, descriptors))) if descriptors else None
    except (OSError, ValueError):
        return None


def _from_front(front: Record) -> Optional[listeners.Pair]:
    """Descriptors 3 to 5 of the relay in front."""
    return _taken(front["pid"], ("front", *SLOTS))


def _from_worker(worker: Record) -> Optional[listeners.Pair]:
    """Descriptors 3 and 4 of a process of the slot: the slot's own and the other one."""
    own = worker["slot"]
    return _taken(worker["pid"], (own, OTHER[own])) if worker["sockets"] else None


def _taken(pid: int, names: Iterable[str]) -> Optional[listeners.Pair]:
    """Copies of a process's descriptors from 3 on (pidfd_getfd(2)), all or none: a single one would keep the port."""
    found: Dict[str, int] = {}
    try:
        for number, name in enumerate(names, 3):
            found[name] = kernel.take_descriptor(pid, number)
    except (OSError, TypeError):
        for descriptor in found.values():
            os.close(descriptor)
        return None
    try:
        return listeners.adopt_pair(found)
    except (OSError, ValueError):
        return None
