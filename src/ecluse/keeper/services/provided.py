"""The services of one environment: started before what needs them, kept over deploys, supervised like workers."""

import asyncio
import contextlib
import os
import shutil
import signal
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set
from urllib.parse import quote

from ecluse.keeper import processes, program, records
from ecluse.keeper.durable import SealedFile
from ecluse.keeper.output import Output
from ecluse.keeper.places import Home
from ecluse.keeper.services import serving
from ecluse.keeper.services.kinds import KINDS
from ecluse.keeper.worker import EXITED, RUNNING, Worker
from ecluse.wire import codes, services

Json = Dict[str, Any]

SLOT = "service"
"""In the place of a slot's name, where output is kept by slots."""
LOOK_EVERY = 0.05
PATIENCE = 60.0
"""Seconds for a service to answer: an index of yesterday's crash may have to be mended first."""
BUDGET = 20.0
"""Seconds to end after the signal: a database writes what it has in memory."""


class Service:
    """One of them: what was asked for, and the process that is it."""

    def __init__(self, given: Json, worker: Worker) -> None:
        self.given, self.worker = given, worker
        self.was_ready = False

    @property
    def kind(self) -> str:
        return str(self.given["kind"])


class Services:
    def __init__(self, home: Home, boot: str, output: Output) -> None:
        self._home, self._boot, self._output = home, boot, output
        self._file = SealedFile(home.services_record, flush=False)
        self._found: Dict[str, Service] = {}

    @property
    def running(self) -> bool:
        """Whether any is to run, be it that it waits for its next start."""
        return any(service.worker.state != EXITED for service in self._found.values())

    @property
    def pids(self) -> List[int]:
        return [service.worker.pid for service in self._found.values() if service.worker.pid]

    def addresses(self) -> Dict[str, Json]:
        """Of all that were ever started here; one that runs has its own."""
        read = {name: records.read(os.path.join(self._folder(name), serving.ADDRESS)) for name in self._names()}
        return {name: address for name, address in read.items() if address and address.get("pid")}

    def hide(self, text: str) -> str:
        """What a command of the app printed, without passwords."""
        for password in self.passwords():
            text = text.replace(password, "[secret]")
        return text

    def passwords(self) -> List[str]:
        """As they may stand in what is printed."""
        found = services.passwords(self.addresses())
        return [form for password in found for form in (password, quote(password, safe=""))]

    async def provide(self, wanted: Iterable[Json], patience: float = PATIENCE) -> None:
        """Start those that don't run, and return when all answer. OrderError K050 when one doesn't.

        What is no longer wanted goes on: the release before may be gone back to, and needs it.
        """
        names = [given["name"] for given in wanted]
        for given in wanted:
            await self._start(given)
        self.save()
        await asyncio.gather(*(self._ready(name, patience) for name in names))

    async def _start(self, given: Json) -> None:
        name = given["name"]
        known = self._found.get(name)
        if known and known.given != given:
            await self._end(known)
            self._output.close(SLOT, name)
            known = None
        if known is None:
            known = self._found[name] = self._made(given)
        if known.worker.state != RUNNING:
            self._end_strays(name)
        known.worker.start()

    def _made(self, given: Json) -> Service:
        name = given["name"]
        service: Service
        worker = Worker(
            name,
            name,
            lambda: self._order(given),
            changed=self._changed,
            may_give_up=lambda: not service.was_ready,
        )
        service = Service(given, worker)
        return service

    def _order(self, given: Json) -> processes.Order:
        name = given["name"]
        self._end_strays(name)
        self._output.drain()
        output, errors = self._output.open(SLOT, name, name, "")
        asked = {**{key: given[key] for key in ("kind", "programs", "asks")}, "folder": self._folder(name)}
        own = {**program.environment(), "ECLUSE_STATE": self._home.state, "ECLUSE_SLOT": SLOT}
        return processes.Order(program.command(*serving.words_for(asked)), own, "/", output, errors)

    def _end_strays(self, name: str) -> None:
        """What a server that was killed left running holds its data, and would keep the next one out."""
        for pid in processes_of(self._folder(name)):
            processes.end_family(pid)

    async def _ready(self, name: str, patience: float) -> None:
        service = self._found[name]
        deadline = asyncio.get_running_loop().time() + patience
        while not await asyncio.to_thread(self._answers, service):
            if service.worker.gave_up or asyncio.get_running_loop().time() >= deadline:
                raise self._unready(service)
            await asyncio.sleep(LOOK_EVERY)
        service.was_ready = True

    def _answers(self, service: Service) -> bool:
        address = records.read(os.path.join(self._folder(service.given["name"]), serving.ADDRESS))
        own = bool(address) and address.get("pid") == service.worker.pid  # type: ignore[union-attr]
        return own and serving.answers(address)

    def _unready(self, service: Service) -> codes.OrderError:
        name = service.given["name"]
        self._output.drain()
        lines = "\n".join(self._output.tail(SLOT, name)[-8:])
        ended = "; it ended with %s" % service.worker.last_exit if service.worker.last_exit else ""
        message = "the service %s (%s) does not answer%s" % (name, service.kind, ended)
        return codes.OrderError(codes.SERVICE_FAILED, message, {"log": lines} if lines else {})

    async def stop(self, names: Optional[Iterable[str]] = None) -> List[str]:
        """The names of those that ran; all without `names`. Their data stays."""
        chosen = [self._found[name] for name in self._chosen(names)]
        ran = [service.given["name"] for service in chosen if service.worker.pid]
        await asyncio.gather(*(self._end(service) for service in chosen))
        self.save()
        return ran

    async def reset(self, names: Iterable[str]) -> None:
        """Stop them and remove their data; those that ran are started anew, with the address that the app knows."""
        for name in names:
            service = self._found.get(name)
            ran = bool(service and service.worker.pid)
            if service:
                await self._end(service)
            self._end_strays(name)
            for kind in KINDS:
                await asyncio.to_thread(shutil.rmtree, os.path.join(self._folder(name), kind), ignore_errors=True)
            if service and ran:
                service.was_ready = False
                await self.provide([service.given])

    async def _end(self, service: Service) -> None:
        number = getattr(signal, "SIG" + KINDS[service.kind].stop_signal)
        await service.worker.stop(number, BUDGET)
        self._end_strays(service.given["name"])

    def _chosen(self, names: Optional[Iterable[str]]) -> List[str]:
        return [name for name in self._found if names is None or name in names]

    def forget(self) -> None:
        """Nothing is started again by the next keeper."""
        for name in self._found:
            self._output.close(SLOT, name)
        self._found.clear()
        self._file.remove()

    def save(self) -> None:
        found = self._found.values()
        content = [{"given": one.given, "was_ready": one.was_ready, "worker": one.worker.record()} for one in found]
        with contextlib.suppress(OSError, codes.OrderError):
            self._file.save({"boot": self._boot, "services": content})

    def adopt(self) -> None:
        """Go on with those of the keeper before us; one that has ended meanwhile is started again."""
        for record in (self._file.load() or {}).get("services", ()):
            given = record["given"]
            if given["name"] in self._found:
                continue
            service = self._found[given["name"]] = self._made(given)
            service.was_ready = record["was_ready"]
            self._output.open(SLOT, given["name"], given["name"], "")
            service.worker.adopt(record["worker"])

    def observe(self) -> List[Json]:
        addresses = self.addresses()
        return [
            {
                "name": name,
                "kind": service.kind,
                "programs": service.given["programs"],
                "version": service.given.get("version") or "",
                "state": self._state(service),
                "pid": service.worker.pid,
                "restarts": service.worker.restarts,
                "started_at": service.worker.started_at or None,
                "last_exit": service.worker.last_exit,
                "host": addresses.get(name, {}).get("host", ""),
                "port": addresses.get(name, {}).get("port", 0),
                "log_tail": self._output.tail(SLOT, name),
            }
            for name, service in self._found.items()
        ]

    def _state(self, service: Service) -> str:
        return "failed" if service.worker.gave_up else service.worker.state

    def shell(self, name: str) -> Json:
        """The words and variables of a client; its password is among them."""
        address = self.addresses().get(name)
        service = self._found.get(name)
        if not address or not service or service.worker.state != RUNNING:
            raise codes.OrderError(codes.SERVICE_FAILED, "the service %s doesn't run" % name)
        found = KINDS[service.kind].shell(service.given["programs"], address)
        return {"words": list(found.words), "environment": dict(found.environment)}

    def _names(self) -> List[str]:
        return sorted(self._found)

    def _folder(self, name: str) -> str:
        return self._home.service(name)

    def _changed(self, worker: Worker) -> None:
        self._output.runs(SLOT, worker.name, worker.pid)
        self.save()


def processes_of(folder: str) -> Set[int]:
    """Those of the service in `folder`, whoever started them: they work in it, or were told so (a server may overwrite
    what it was told, to show what it does)."""
    return {int(name) for name in os.listdir("/proc") if name.isdigit() and _is_of(int(name), folder)}


def _is_of(pid: int, folder: str) -> bool:
    with contextlib.suppress(OSError):
        if os.readlink("/proc/%d/cwd" % pid).startswith(folder + "/"):
            return True
    return processes.environment_of(pid).get("ECLUSE_SERVICE") == folder


def furnished(running: Mapping[str, Any], addresses: Mapping[str, Json]) -> Json:
    """What runs, with where its services are."""
    return {**running, "addresses": dict(addresses)}


__all__ = ["SLOT", "Services", "furnished", "processes_of"]
