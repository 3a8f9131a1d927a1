"""From an order's name to what is done: grants are checked here, arguments unpacked, answers made."""

import asyncio
import zlib
from typing import Any, Awaitable, Callable, Dict, NamedTuple, Optional

from ecluse.keeper import assemble, facts
from ecluse.keeper.ask import ask
from ecluse.keeper.choice import choice
from ecluse.keeper.deploying import Deploying
from ecluse.keeper.keeper import Keeper
from ecluse.keeper.migrating import Migrating
from ecluse.keeper.observe import observe
from ecluse.keeper.output import last_kept
from ecluse.keeper.places import in_home
from ecluse.keeper.store import Store
from ecluse.keeper.ways import way
from ecluse.wire import codes

Json = Dict[str, Any]


class Reply(NamedTuple):
    """Ways to answer before the answer. `say` may be called from any thread."""

    say: Callable[[str], None]
    item: Callable[[Json], Awaitable[None]]


class Call(NamedTuple):
    """One order."""

    grant: Json
    args: Json
    reply: Reply


class Body(NamedTuple):
    """What runs this process: how it ends, and how it becomes another program."""

    identity: Json
    end: Callable[..., None]
    """`remove=True`: nothing of the environment stays."""
    upgrade: Callable[[str], Awaitable[Json]]


FREE = frozenset(
    {
        *("hello", "observe", "port", "platform", "take", "wait", "evict", "ask", "flaw", "logs", "shell", "way"),
        *("missing", "attach", "claim"),
    }
)
"""Orders without a grant: they change nothing themselves, or they are how one gets a grant."""
STREAMS = frozenset({"logs"})
"""Orders that end with their connection; all others go on until they are done."""
ALONE = frozenset(
    {
        *("provide", "withdraw", "reset", "begin", "start", "halt", "route", "hold", "decide", "commit", "abort"),
        *("stop", "shut", "forget", "upgrade", "drained"),
    }
)
"""Moves: one at a time."""


class Orders:
    def __init__(self, keeper: Keeper, deploying: Deploying, body: Body) -> None:
        self._keeper, self._deploying, self._body = keeper, deploying, body
        self._migrating = Migrating(keeper, deploying.jobs)
        self._store = Store(keeper.home.store)

    async def obey(self, name: str, grant: Optional[Json], args: Json, reply: Reply) -> Json:
        """The result of an order; OrderError when it is refused."""
        method = getattr(self, "_" + name, None) if name in NAMES else None
        if method is None:
            raise codes.OrderError(codes.BAD_ORDER, "this keeper knows no order %r" % name)
        call = Call(grant or {}, args, reply)
        if name not in FREE and name != "give_back":
            self._keeper.lease.check(grant)
        if name not in ALONE:
            return await method(call) or {}
        async with self._keeper.moving:
            if name != "upgrade":
                self._keeper.lease.check(grant)
            return await method(call) or {}

    async def _hello(self, _: Call) -> Json:
        return self._body.identity

    async def _observe(self, _: Call) -> Json:
        return observe(self._keeper, self._body.identity["pid"], self._body.identity["keeper"])

    async def _port(self, call: Call) -> None:
        self._keeper.traffic.require(call.args["address"], int(call.args["port"]))

    async def _platform(self, _: Call) -> Json:
        return await asyncio.to_thread(facts.platform_told)

    async def _take(self, call: Call) -> Json:
        holder, before = call.args["holder"], self._keeper.lease.seen()
        generation = self._keeper.lease.take(holder, call.args["seconds"], int(call.args.get("generation", 0)))
        opened = self._keeper.journal.open
        if opened is None and (before is None or before["holder"]["id"] != holder["id"]):
            self._deploying.give_up_work()  # of a deployer that is gone; a migration is part of the open deployment
        return {"generation": generation, "open": opened}

    async def _wait(self, call: Call) -> Json:
        ticket, before = self._keeper.lease.line.show(call.args["holder"], float(call.args.get("ticket", 0)))
        return {"ticket": ticket, "before": before}

    async def _evict(self, call: Call) -> Json:
        evicted = self._keeper.lease.evict()
        self._deploying.give_up_work()
        if evicted:
            self._keeper.warnings.append("%s was evicted by %s" % (evicted["holder"]["command"], call.args["by"]))
        return {"evicted": evicted, "generation": self._keeper.lease.generation}

    async def _renew(self, call: Call) -> None:
        self._keeper.lease.renew(call.grant["holder"]["id"], call.grant["generation"], call.args["seconds"])

    async def _give_back(self, call: Call) -> None:
        self._keeper.lease.give_back(call.grant["holder"]["id"], call.grant["generation"])

    async def _missing(self, call: Call) -> Json:
        missing, size = await asyncio.to_thread(self._store.look, call.args["digests"])
        return {"missing": missing, "bytes": size}

    async def _expect(self, call: Call) -> Json:
        return {"held": await asyncio.to_thread(self._store.expect, call.args["sizes"])}

    async def _put(self, call: Call) -> Json:
        args = call.args
        data = zlib.decompress(args["data"]) if args.get("packed") else args["data"]
        held = await asyncio.to_thread(self._store.put, args["digest"], args["offset"], data, args["last"])
        return held._asdict()

    async def _link(self, call: Call) -> None:
        await asyncio.to_thread(self._store.link_all, call.args["files"])

    async def _stage(self, call: Call) -> Json:
        running = self._keeper.furnished(call.args["running"])
        self._keeper.vault.put(running["release"]["id"], running.get("secrets") or {})
        home, bundle, hide = self._keeper.home.path, call.args["bundle"], self._keeper.services.hide

        def say(text: str) -> None:
            call.reply.say(hide(text))

        try:
            return await self._deploying.stage(lambda children: assemble.stage(home, running, bundle, say, children))
        except codes.OrderError as error:
            evidence = {name: hide(told) if isinstance(told, str) else told for name, told in error.evidence.items()}
            raise codes.OrderError(error.code, hide(error.message), evidence) from error

    async def _provide(self, call: Call) -> Json:
        await self._keeper.services.provide(call.args["services"])
        return {"services": self._keeper.services.observe()}

    async def _withdraw(self, call: Call) -> Json:
        return {"stopped": await self._keeper.services.stop(call.args.get("names"))}

    async def _reset(self, call: Call) -> None:
        await self._keeper.services.reset(call.args["names"])

    async def _shell(self, call: Call) -> Json:
        return self._keeper.services.shell(call.args["name"])

    async def _begin(self, call: Call) -> None:
        args = call.args
        self._deploying.begin(args["deployment"], args["running"], args["slot"], args.get("verb") or "deploy")

    async def _run(self, call: Call) -> Json:
        """One that only `looks` is no move, so it isn't in the journal."""
        keeper, seconds = self._keeper, float(call.args["seconds"])
        running = keeper.furnished(call.args["running"])
        if call.args.get("looks"):
            ran = await self._deploying.jobs.run(keeper.home.path, running, call.args["argv"], seconds)
        else:
            ran = await self._migrating.run(
                running, call.args["argv"], seconds, still_may=lambda: keeper.lease.check(call.grant)
            )
        return {**ran, "output": keeper.services.hide(ran["output"])}

    async def _attach(self, call: Call) -> Json:
        """With a grant it is checked, and what is run ends with the lease; without, it holds nobody up."""
        if call.grant:
            self._keeper.lease.check(call.grant)
        running = self._keeper.furnished(call.args["running"])
        ticket = self._keeper.sessions.offer(running, call.args["argv"], bound=bool(call.grant))
        return {"ticket": ticket, "hide": self._keeper.services.passwords()}

    async def _claim(self, call: Call) -> Json:
        return self._keeper.sessions.claim(call.args["ticket"], int(call.args["pid"]))

    async def _give_up(self, _: Call) -> None:
        await self._deploying.end_work()

    async def _start(self, call: Call) -> None:
        await self._keeper.start(call.args["running"], call.args["slot"])

    async def _halt(self, call: Call) -> None:
        await self._keeper.halt(call.args["slot"])

    async def _ask(self, call: Call) -> Json:
        traffic, slot = self._keeper.traffic, self._keeper.slots[call.args["slot"]]
        if slot.running is None:
            return {"status": 0, "headers": {}, "body": "", "seconds": 0.0, "why": "nothing runs in %s" % slot.name}
        return await ask(*traffic.probe(slot.name), slot.name, call.args)

    async def _way(self, call: Call) -> Json:
        return way(self._keeper, call.args["process"], call.args["slot"])

    async def _flaw(self, call: Call) -> Json:
        return {"flaw": await self._deploying.flaw(call.args["slot"])}

    async def _route(self, call: Call) -> None:
        weights = {"blue": int(call.args["blue"]), "green": int(call.args["green"])}
        self._keeper.route(weights, sticky=bool(call.args.get("sticky")))

    async def _drained(self, call: Call) -> None:
        """What the balancer is about to be told, or was told: here it is only remembered."""
        journal, by = self._keeper.journal, call.args["by"]
        if by and journal.drained_by != by:
            journal.drain(by)
        if not by and journal.drained_by:
            journal.undrain()

    async def _hold(self, call: Call) -> None:
        self._deploying.hold(call.args["deployment"], float(call.args["seconds"]), call.args.get("left") or [])

    async def _decide(self, call: Call) -> None:
        self._deploying.decide(call.args["deployment"], int(call.args["hosts"]), float(call.args["warm_seconds"]))

    async def _commit(self, call: Call) -> None:
        self._deploying.commit(call.args["deployment"], call.args["warm_seconds"])

    async def _abort(self, call: Call) -> Json:
        args, keep = call.args, bool(call.args.get("keep"))
        return {"kept": await self._deploying.abort(args["deployment"], args["why"], keep=keep)}

    async def _stop(self, call: Call) -> None:
        await self._keeper.stop(call.args["slot"])

    async def _shut(self, call: Call) -> Json:
        remove = bool(call.args.get("remove"))
        self._deploying.give_up_work()
        killed = await self._keeper.shut()
        self._keeper.lease.give_back(call.grant["holder"]["id"], call.grant["generation"])
        self._body.end(remove=remove)
        return {"removed": remove, "killed": killed}

    async def _logs(self, call: Call) -> None:
        output, chosen = self._keeper.output, choice(call.args)
        lines = int(call.args.get("lines", 100))
        output.drain()
        earlier = [] if chosen.is_narrow else last_kept(self._keeper.home, chosen, lines)
        with output.following() as queue:
            if chosen.is_narrow:  # all files may have to be read, and what comes meanwhile is in the queue
                earlier = await asyncio.to_thread(last_kept, self._keeper.home, chosen.until_now(), lines)
            for item in earlier:
                await call.reply.item(item)
            while call.args.get("follow"):
                item = await queue.get()
                if chosen.fits(item):
                    await call.reply.item(item)

    async def _forget(self, call: Call) -> None:
        kept = self._keeper.in_use() | set(call.args["keep"])
        await asyncio.to_thread(assemble.forget, self._keeper.home.path, kept)
        self._keeper.vault.keep(kept)

    async def _upgrade(self, call: Call) -> Json:
        if self._keeper.journal.open:
            raise codes.OrderError(codes.DEPLOYMENT_OPEN, "a keeper isn't replaced in the middle of a deployment")
        return await self._body.upgrade(in_home(call.args["path"]))


NAMES = frozenset(
    name[1:] for name, member in vars(Orders).items() if name.startswith("_") and asyncio.iscoroutinefunction(member)
)
