"""The open deployment on this host: begun, decided, committed, undone, and what becomes of it without its deployer."""

import asyncio
import base64
import contextlib
from typing import Any, Callable, Dict, List, Mapping, Optional

from ecluse.keeper.ask import ask
from ecluse.keeper.children import Children
from ecluse.keeper.jobs import Jobs
from ecluse.keeper.keeper import Keeper, Running
from ecluse.keeper.processes import boottime
from ecluse.keeper.traffic import OTHER
from ecluse.wire import codes

Json = Dict[str, Any]
TRIES = 3
"""Questions that a release must answer before traffic goes back to it without a person."""


class Deploying:
    """The moves of the journal. The keeper has the slots and the traffic."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._journal = keeper.journal
        self.jobs = Jobs()
        self._staging: Dict["asyncio.Future[Json]", Children] = {}

    async def stage(self, work: Callable[[Children], Json]) -> Json:
        """What `work` makes of a release, in a thread. Ended, with all that it runs, when work is given up."""
        children = Children()
        under_way = asyncio.ensure_future(asyncio.to_thread(work, children))
        self._staging[under_way] = children
        under_way.add_done_callback(lambda ended: self._staging.pop(ended, None))
        return await under_way

    def give_up_work(self) -> None:
        """End the commands and the stagings that are under way for a deployer."""
        self._keeper.sessions.end(bound=True)
        self.jobs.kill()
        for children in list(self._staging.values()):
            children.kill()

    async def end_work(self) -> None:
        """As `give_up_work`; returns when nothing of it runs any more."""
        under_way = list(self._staging)
        self.give_up_work()
        await self.jobs.ended()
        if under_way:
            await asyncio.wait(under_way)

    def begin(self, deployment: str, running: Running, slot: str, verb: str) -> None:
        """Open the journal. The same deployment again: nothing. Another: K012. `verb`: what a person asked for."""
        opened = self._journal.open
        if opened and opened["id"] == deployment:
            return
        if opened:
            raise codes.OrderError(codes.DEPLOYMENT_OPEN, "deployment %s is open" % opened["id"], {"open": opened})
        release = running["release"]
        self._journal.begin(
            {
                "id": deployment,
                "release": release["id"],
                "version": release["version"],
                "slot": slot,
                "previous": self._keeper.traffic.serving,
                "generation": self._keeper.lease.generation,
                "verb": verb,
            }
        )

    def hold(self, deployment: str, seconds: float, left: List[str]) -> None:
        """No dead-man switch for so long: a person decides. `left` are the moves that are still to be made."""
        self._demand(deployment)
        until = {"until": boottime() + seconds, "boot": self._keeper.boot, "left": left}
        self._journal.before("hold")
        self._journal.after("hold", held=until)

    def decide(self, deployment: str, hosts: int, warm_seconds: float) -> None:
        """This host has the decision to commit. It is the commit point when most of the environment's hosts have it."""
        opened = self._journal.open
        if opened is None or opened["id"] != deployment:
            self._already(deployment, "committed")
            return
        if not opened.get("decided"):
            self._journal.before("decide")
            self._journal.after("decide", decided={"hosts": hosts, "warm": warm_seconds})

    def commit(self, deployment: str, warm_seconds: float) -> None:
        """The old release retires; the deployment is over."""
        opened = self._journal.open
        if opened is None or opened["id"] != deployment:
            self._already(deployment, "committed")
            return
        slot = self._keeper.slots[opened["slot"]]
        self._journal.before("commit", warm=warm_seconds)
        self._journal.close("committed", "")
        slot.committed = True
        slot.save()
        self._keeper.retire(OTHER[slot.name], warm_seconds)

    async def abort(self, deployment: str, why: str, *, keep: bool = False) -> str:
        """Undo: traffic back to the previous slot, the new one drained and stopped. Empty.

        `keep`: the previous one isn't fit to serve, so the new one keeps the traffic, as it does where the previous one
        is down and the new one up. The deployment is closed with the reason, which is returned.
        """
        opened = self._journal.open
        if opened is None or opened["id"] != deployment:
            return self._already(deployment, "reverted")
        self.give_up_work()
        with contextlib.suppress(codes.OrderError):  # a full disk must not keep a release from being undone
            self._journal.before("abort", why=why)
        new, previous = opened["slot"], opened["previous"]
        if not keep:
            await self._send_back(new, previous)
        if self._keeper.weight(new) and previous not in (None, new):
            return self._keep(opened, why)
        if previous != new:
            await self._keeper.empty(new)
        self._journal.close("reverted", why)
        self._resume_previous(previous)
        await self._keeper.release_port()
        return ""

    async def expire(self) -> None:
        """The deployer has vanished: what wasn't decided is undone, unless a person was given time to decide. What is
        run for nobody any more is ended.

        A decision that is this host's alone is carried out. In a fleet nobody knows here whether most of the others
        have it too: what serves serves on, and whoever comes next finds out.
        """
        opened = self._journal.open
        if opened is None and self._keeper.lease.lapsed():
            self.give_up_work()
        if opened is None or not self._keeper.lease.lapsed() or self._is_held(opened):
            return
        decided = opened.get("decided")
        if decided and decided["hosts"] == 1:
            self.commit(opened["id"], decided["warm"])
        elif not decided:
            why = "its deployer vanished: the lease ran out"
            trouble = await self._trouble_of_previous(opened)
            if self._keeper.lease.lapsed():  # whoever has taken it meanwhile has the say
                await self.abort(opened["id"], "%s; %s" % (why, trouble) if trouble else why, keep=bool(trouble))

    def _is_held(self, opened: Json) -> bool:
        held: Json = opened.get("held") or {"until": 0.0, "boot": ""}
        return bool(held["boot"] == self._keeper.boot and boottime() < held["until"])

    def _demand(self, deployment: str) -> None:
        opened = self._journal.open
        if opened is None or opened["id"] != deployment:
            raise codes.OrderError(codes.BAD_ORDER, "no deployment %s is open" % deployment)

    def _keep(self, opened: Json, why: str) -> str:
        """All traffic: the other one isn't fit for its share either."""
        new = opened["slot"]
        why = "%s; not undone: %s isn't fit to serve" % (why, opened["previous"])
        self._keeper.warnings.append("%s: %s" % (opened["id"], why))
        self._keeper.slots[new].committed = True
        self._keeper.share({new: 100, OTHER[new]: 0})
        self._journal.close("committed", why)
        return why

    async def _send_back(self, new: str, previous: Optional[str]) -> None:
        """All traffic to the previous slot, unless it is down and the new one up; one that was halted for the new
        release is started again."""
        if not previous or previous == new:
            return
        slot = self._keeper.slots[previous]
        if slot.is_halted:
            await self._keeper.empty(new, at_once=not self._keeper.weight(new))
            self._keeper.traffic.occupy(previous)
            slot.resume()
            self._keeper.share({previous: 100, new: 0})
        elif self._keeper.weight(new) and (slot.can_take_over or not self._keeper.slots[new].is_up):
            self._keeper.share({previous: 100, new: 0})

    def _resume_previous(self, previous: Optional[str]) -> None:
        if previous and self._keeper.weight(previous):
            self._keeper.slots[previous].resume()

    async def _trouble_of_previous(self, opened: Json) -> str:
        """Why traffic shouldn't go back: the release there is ill, the one that serves is not. Empty when it may."""
        new, previous = opened["slot"], opened["previous"]
        if not previous or not self._keeper.weight(new) or self._keeper.slots[previous].is_halted:
            return ""
        flaw = await self.flaw(previous)
        return "%s is ill (%s)" % (previous, flaw) if flaw and not await self.flaw(new) else ""

    async def flaw(self, name: str) -> str:
        """What its own health check finds, each time it is asked; empty when it is well or has none."""
        running = self._keeper.slots[name].running
        if running is None:
            return "nothing runs in %s" % name
        health = running.get("health")
        if not health or ":" in self._keeper.traffic.address:
            return ""
        flaw = ""
        for _ in range(TRIES):
            answer = await ask(*self._keeper.traffic.probe(name), name, health)
            flaw = _judge(answer, health, running["release"]["version"])
            if not flaw:
                return ""
        return "GET %s: %s" % (health["path"], flaw)

    def _already(self, deployment: str, wanted: str) -> str:
        """Ended before: as wanted, or not. Why it was kept, when it was to be undone and couldn't be."""
        ended: Optional[Json] = next((one for one in self._journal.finished if one["id"] == deployment), None)
        if ended is None:
            raise codes.OrderError(codes.BAD_ORDER, "no deployment %s is open" % deployment)
        kept = str(ended["why"]) if ended["outcome"] == "committed" else ""
        if ended["outcome"] != wanted and not kept:
            code = codes.COMMITTED if ended["outcome"] == "committed" else codes.SUPERSEDED
            message = "deployment %s was %s already" % (deployment, ended["outcome"])
            raise codes.OrderError(code, "%s: %s" % (message, ended["why"]) if ended["why"] else message, ended)
        return kept


def _judge(answer: Mapping[str, Any], health: Mapping[str, Any], version: str) -> str:
    """As the deployer judges: status, the release that answers, and the body."""
    if answer["status"] not in health["statuses"]:
        return str(answer["why"] or "status %d" % answer["status"])
    named = answer["headers"].get("x-release", version)
    if named != version:
        return "release %s answers" % named
    return "" if health["body"].encode() in base64.b64decode(answer["body"]) else "the body lacks %r" % health["body"]
