"""The right to change an environment: one holder, an expiry, and a generation that only grows."""

import os
from typing import Any, Callable, Dict, Optional

from ecluse.keeper.durable import SealedFile
from ecluse.keeper.line import Line
from ecluse.wire.codes import HELD, SUPERSEDED, OrderError

Holder = Dict[str, Any]


class Lease:
    """The lease of one environment, kept on disk, so that a restarted keeper grants no extra time.

    Time is CLOCK_BOOTTIME (it runs on while the machine sleeps), which means nothing after a reboot: a lease of
    another `boot_id` has expired. `alive` says whether the holder's process (pid and start time) is still there.
    """

    def __init__(
        self, folder: str, boottime: Callable[[], float], boot_id: str, alive: Callable[[Holder], bool]
    ) -> None:
        self._file = SealedFile(os.path.join(folder, "lease.json"))
        self._boottime = boottime
        self._boot_id = boot_id
        self._alive = alive
        self.line = Line(boottime)
        record = self._file.load() or {}
        self.generation: int = record.get("generation", 0)
        self._holder: Optional[Holder] = record.get("holder")
        self._taken: float = record.get("taken", 0.0)
        self._expires: float = record.get("expires", 0.0) if record.get("boot") == boot_id else float("-inf")

    @property
    def recovered(self) -> str:
        return self._file.recovered

    def take(self, holder: Holder, seconds: float, generation: int = 0) -> int:
        """The new generation, at least the one asked for: a fleet has the same on all its hosts.

        Held by another that may still be there, or free and others wait in line: K010, which names them.
        """
        if self._holder is not None and not self.lapsed() and self._is_rival(holder):
            raise OrderError(HELD, "the environment is held by %s" % _named(self._holder), self._in_force())
        first = self.line.first_before(holder["id"])
        if first and not self._has(holder):
            raise OrderError(HELD, "%s waits in line for the environment" % _named(first), {"holder": first})
        self.line.leave(holder["id"])
        self.generation = max(self.generation + 1, generation)
        self._holder = holder
        self._taken = self._boottime()
        self._extend(seconds)
        return self.generation

    def renew(self, holder_id: str, generation: int, seconds: float) -> None:
        """From now on for `seconds`. Lapsed or taken by another: K011."""
        self._demand(holder_id, generation)
        self._extend(seconds)

    def give_back(self, holder_id: str, generation: int) -> None:
        """Nobody holds it afterwards, unless another had taken it. An older generation does: whoever asked twice, since
        the first answer was lost, doesn't know the newer one."""
        if self._holder is not None and self._holder["id"] == holder_id and generation <= self.generation:
            self._holder = None
            self._save()

    def evict(self) -> Optional[Dict[str, Any]]:
        """Nobody holds it, and whoever did gives no order any more: the generation is another. The lease that ended."""
        evicted = self.seen()
        self.generation += 1
        self._holder = None
        self._save()
        return evicted

    def check(self, grant: Optional[Dict[str, Any]]) -> None:
        """K011 unless `grant` (`holder`, `generation`) is the one in force."""
        holder = (grant or {}).get("holder") or {}
        self._demand(str(holder.get("id", "")), int((grant or {}).get("generation", 0)))

    def seen(self) -> Optional[Dict[str, Any]]:
        """The lease in force: `holder`, whether that is `gone`, `generation`, `age` and `left` in seconds; None when
        there is none."""
        if self._holder is None or self.lapsed():
            return None
        return {**self._in_force(), "gone": self._is_provably_gone(self._holder)}

    def _in_force(self) -> Dict[str, Any]:
        now = self._boottime()
        return {
            "holder": self._holder,
            "generation": self.generation,
            "age": now - self._taken,
            "left": self._expires - now,
        }

    def lapsed(self) -> bool:
        """Whether nobody holds it: never taken, given back, or expired."""
        return self._holder is None or self._boottime() >= self._expires

    def rewrite(self) -> None:
        """As it stands, once more."""
        self._save()

    def _demand(self, holder_id: str, generation: int) -> None:
        if not self._is_holder(holder_id, generation) or self.lapsed():
            message = "the lease of generation %d is over" % generation
            if self.generation != generation:
                message = "superseded: %s, the environment is at generation %d" % (message, self.generation)
            raise OrderError(SUPERSEDED, message, {"generation": self.generation, "holder": self._holder})

    def _is_holder(self, holder_id: str, generation: int) -> bool:
        return self._holder is not None and (self._holder["id"], self.generation) == (holder_id, generation)

    def _has(self, holder: Holder) -> bool:
        """Whoever holds it may take it again (all hosts of a fleet get one generation), whoever waits for it."""
        return self._holder is not None and self._holder["id"] == holder["id"] and not self.lapsed()

    def _is_rival(self, holder: Holder) -> bool:
        held = self._holder or {}
        return bool(held["id"] != holder["id"]) and not self._is_provably_gone(held)

    def _is_provably_gone(self, holder: Holder) -> bool:
        """Only a process of this boot and this process namespace can be looked for; of others nothing is known."""
        here = holder.get("boot") == self._boot_id and holder.get("namespace") in (None, pid_namespace())
        return here and not self._alive(holder)

    def _extend(self, seconds: float) -> None:
        self._expires = self._boottime() + seconds
        self._save()

    def _save(self) -> None:
        self._file.save(
            {
                "generation": self.generation,
                "holder": self._holder,
                "taken": self._taken,
                "expires": self._expires,
                "boot": self._boot_id,
            }
        )


def pid_namespace() -> str:
    """The name of our process namespace (namespaces(7)): pids of another one say nothing here."""
    return os.readlink("/proc/self/ns/pid")


def _named(holder: Holder) -> str:
    return "%s (%s, process %s on %s)" % tuple(holder.get(key, "?") for key in ("user", "command", "pid", "host"))
