"""One-off commands in a staged release: a migration, a task. They go on when the connection that asked is lost."""

import asyncio
from typing import Any, Dict, List, Set

from ecluse.keeper import environment
from ecluse.keeper.children import Children
from ecluse.keeper.places import Home


class Jobs:
    """The one-off commands of one environment."""

    def __init__(self) -> None:
        self.children = Children()
        self._under_way: Set["asyncio.Future[Any]"] = set()

    async def run(self, home: str, running: Dict[str, Any], argv: List[str], seconds: float) -> Dict[str, Any]:
        """`{exit_code, output, seconds, timed_out}`; `exit_code` is None when a signal ended it."""
        place = Home(home)
        port = int(running.get("port") or 0)
        places = environment.placeholders(place, running, port)
        words = [environment.fill(word, places) for word in argv]
        settings = environment.build(place, running)
        folder = environment.folder(place, running)
        children = self.children
        loop = asyncio.get_running_loop()
        ending = loop.run_in_executor(None, lambda: children.run(words, settings, folder, seconds))
        self._under_way.add(ending)
        ending.add_done_callback(self._under_way.discard)
        return (await ending)._asdict()

    async def ended(self) -> None:
        """Returns when those that are under way have ended."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))

    def kill(self) -> None:
        """End what is under way, with all its descendants. Later jobs run."""
        if self._under_way:
            before, self.children = self.children, Children()
            before.kill()
