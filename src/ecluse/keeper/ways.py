"""Where a process of a slot is spoken to, from its own host."""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ecluse.keeper import connections, processes
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.routing import PROBES
from ecluse.keeper.slots import Slot
from ecluse.wire import codes

Json = Dict[str, Any]


def way(keeper: Keeper, name: str, slot: str) -> Json:
    """`{slot, process, address, port, source}` of the process `name`, empty for the one that gets the traffic; in
    `slot`, empty for the one that serves. `source`: the address to come from, if that matters. K023 when there is none.
    """
    chosen = slot or keeper.traffic.serving or ""
    filled = keeper.slots[chosen] if chosen else None
    if filled is None or filled.running is None:
        raise _none("nothing runs in %s" % slot if slot else "nothing serves here", {})
    process = _process(filled.running, name)
    if process["web"]:
        address, port, source = _public(keeper, slot)
    else:
        (address, port), source = _own(filled, process["name"]), ""
    return {"slot": chosen, "process": process["name"], "address": address, "port": port, "source": source}


def _process(running: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    named = {process["name"]: process for process in running["processes"]}
    found: Optional[Mapping[str, Any]] = named.get(name) or next(
        (process for process in running["processes"] if process["web"] and not name), None
    )
    if found is None:
        what = "no process %r runs here" % name if name else "no process here gets traffic"
        raise _none(what, {"processes": ", ".join(named) or "none"})
    return found


def _public(keeper: Keeper, slot: str) -> Tuple[str, int, str]:
    """A slot is reached in private, whatever its share of the traffic; without one it is the public's own way."""
    address, port = keeper.traffic.probe(slot) if slot else (keeper.traffic.address, keeper.traffic.port)
    if ":" in address and slot:
        raise codes.OrderError(codes.BAD_ORDER, "a slot on IPv6 alone can't be reached in private")
    return here(address), port, PROBES[slot] if slot else ""


def _own(filled: Slot, name: str) -> Tuple[str, int]:
    """What it listens on by itself: the one port that it has, the lowest of several."""
    pids = [worker.pid for worker in filled.workers if worker.process == name and worker.pid]
    found = sorted(listening(pids), key=lambda place: place[1])
    if not found:
        raise _none("%s listens on no port" % name, {})
    return here(found[0][0]), found[0][1]


def listening(pids: Iterable[int]) -> List[Tuple[str, int]]:
    """Address and port of what these processes and their descendants listen on."""
    everything = processes.every()
    members = {member for pid in pids for member in processes.family(pid, everything)}
    inodes = {inode for member in members for inode in connections.sockets_of(member)}
    return [(listener.address, listener.port) for listener in connections.listeners() if listener.inode in inodes]


def here(address: str) -> str:
    """How one comes to what listens on all addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104


def _none(what: str, evidence: Json) -> codes.OrderError:
    return codes.OrderError(codes.NO_WAY, what, evidence)
