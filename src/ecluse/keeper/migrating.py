"""Commands that are moves. While a deployment is open that is its migration: one at a time, whoever orders it."""

import asyncio
from typing import Any, Callable, Dict, List, Optional, Tuple

from ecluse.keeper.jobs import Jobs
from ecluse.keeper.keeper import Keeper

Json = Dict[str, Any]


class Migrating:
    """One that goes on after its deployer died is waited for by whoever orders it again; it is never run beside."""

    def __init__(self, keeper: Keeper, jobs: Jobs) -> None:
        self._keeper, self._jobs = keeper, jobs
        self._what: Tuple[Any, ...] = ()
        self._last: Optional["asyncio.Future[Json]"] = None

    async def run(self, running: Json, argv: List[str], seconds: float, still_may: Callable[[], None]) -> Json:
        """How it ended, as `Jobs.run` tells it. What another deployment left under way is ended first; `still_may`
        then raises for an order that was superseded meanwhile."""
        deployment = self._open
        if deployment is None:
            return await self._recorded(None, running, argv, seconds)
        what = (deployment, running["release"]["id"], argv)
        while self._what != what and self._last and not self._last.done():
            self._jobs.kill()
            await asyncio.wait([self._last])
            still_may()
        if self._what != what or self._last is None or self._last.done():
            self._what = what
            self._last = asyncio.ensure_future(self._recorded(deployment, running, argv, seconds))
        return await asyncio.shield(self._last)

    @property
    def _open(self) -> Optional[str]:
        return (self._keeper.journal.open or {}).get("id")

    async def _recorded(self, deployment: Optional[str], running: Json, argv: List[str], seconds: float) -> Json:
        """Its end is no move of a deployment that was begun meanwhile."""
        journal, release = self._keeper.journal, running["release"]["id"]
        journal.before("run", release=release)
        ran = await self._jobs.run(self._keeper.home.path, running, argv, seconds)
        if self._open == deployment:
            journal.after("run", release=release, exit_code=ran["exit_code"])
        return ran
