"""Where the open deployment stands: written before and after each move, so that whoever comes next can finish it."""

import os
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from ecluse.keeper.durable import SealedFile
from ecluse.keeper.fault import reach

KEPT = 20
"""Finished deployments that are remembered until a ledger has imported them."""
FACTS = ("held", "decided")


class Journal:
    """The journal of one environment, on disk at each return of a method that writes.

    A damaged file is read from its copy; `recovered` then says what was wrong. With both damaged the journal starts
    empty: what runs in the slots is still seen, but no open deployment is undone.
    """

    def __init__(self, folder: str, now: Callable[[], float] = time.time) -> None:
        self._file = SealedFile(os.path.join(folder, "journal.json"))
        self._now = now
        record = self._file.load() or {}
        self.open: Optional[Dict[str, Any]] = record.get("open")
        """The deployment that neither committed nor was undone, as `begin` got it, with `last_move`, `done` (whether
        that move was finished) and `moves`."""
        self.finished: List[Dict[str, Any]] = record.get("finished", [])
        """The last ones that ended here, oldest first: `id`, `release`, `outcome`, `why`, `at` (unix seconds)."""
        self.move: Optional[Dict[str, Any]] = record.get("move")
        """The last move, inside or outside a deployment: `name`, `done`, `at`, `detail`."""
        self.drained_by: str = record.get("drained_by", "")
        """The deployment that had the balancer give this host no requests, and has not had it taken back; else empty.
        It outlives the deployment: only who speaks to the balancer can end it."""
        self._saved = self._facts

    @property
    def recovered(self) -> str:
        return self._file.recovered

    def begin(self, deployment: Dict[str, Any]) -> None:
        """Open it. The caller has made sure that no other one is open."""
        reach("begin.before")
        self.open = {**deployment, "moves": []}
        self._note("begin", done=True, detail={})
        self._save()
        reach("begin.after")

    def before(self, move: str, **detail: Any) -> None:
        """`move` is about to be made; `detail` is what is needed to repeat or undo it."""
        self._note(move, done=False, detail=detail)
        self._save()
        reach(move + ".before")

    def after(self, move: str, **detail: Any) -> None:
        """The move is made. What it brings under `held` and `decided` is a fact of the deployment from here on."""
        if self.open is not None:
            self.open = {**self.open, **{name: detail[name] for name in FACTS if name in detail}}
        self._note(move, done=True, detail=detail)
        self._save()
        reach(move + ".after")

    def drain(self, deployment: str) -> None:
        """It is about to be drained at the balancer."""
        reach("drain.before")
        self.drained_by = deployment
        self._note("drain", done=True, detail={})
        self._save()
        reach("drain.after")

    def undrain(self) -> None:
        """The balancer gives it requests again."""
        reach("undrain.before")
        self.drained_by = ""
        self._note("undrain", done=True, detail={})
        self._save()
        reach("undrain.after")

    def close(self, outcome: str, why: str) -> None:
        """End the open deployment as `committed` or `reverted`; for `committed` this write is the commit point."""
        reach("close.before")
        if self.open is not None:
            ended = {"id": self.open["id"], "release": self.open.get("release"), "outcome": outcome, "why": why}
            self.finished = [*self.finished, {**ended, "at": self._now()}][-KEPT:]
            self.open = None
            self._save()
        reach("close.after")

    def rewrite(self) -> None:
        """As it stands, once more."""
        self._save()

    def _note(self, name: str, done: bool, detail: Dict[str, Any]) -> None:
        self.move = {"name": name, "done": done, "at": self._now(), "detail": detail}
        if self.open is not None:
            moves = [*self.open["moves"], self.move]
            self.open = {**self.open, "last_move": name, "done": done, "moves": moves}

    def _save(self) -> None:
        """What can't be written (a full disk) isn't so: we go on with what the disk says."""
        try:
            self._file.save(
                {
                    "format": 1,
                    "open": self.open,
                    "finished": self.finished,
                    "move": self.move,
                    "drained_by": self.drained_by,
                }
            )
        except BaseException:
            self.open, self.finished, self.move, self.drained_by = self._saved
            raise
        self._saved = self._facts

    @property
    def _facts(
        self,
    ) -> Tuple[Optional[Dict[str, Any]], List[Dict[str, Any]], Optional[Dict[str, Any]], str]:
        return self.open, self.finished, self.move, self.drained_by
