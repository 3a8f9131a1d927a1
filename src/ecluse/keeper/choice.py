"""Which of the lines that processes printed are wanted."""

import datetime as dt
from typing import Any, Dict, List, NamedTuple, Optional


class Choice(NamedTuple):
    """Nothing given: all. `releases` are ids; services print for none, which is `""`. `since` and `until` are times as
    `at` is."""

    process: Optional[str] = None
    releases: Optional[List[str]] = None
    slot: Optional[str] = None
    since: str = ""
    until: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether more than a process is asked for: each has a file of its own."""
        return bool(self.since) or self.releases is not None or self.slot is not None

    def fits(self, item: Dict[str, Any]) -> bool:
        return (
            self.process in (None, item.get("process"))
            and (self.releases is None or item.get("release") in self.releases)
            and self.slot in (None, item.get("slot"))
            and not self.is_before(item)
            and not (self.until and str(item.get("at")) > self.until)
        )

    def until_now(self) -> "Choice":
        return self._replace(until=dt.datetime.now(dt.timezone.utc).isoformat())

    def is_before(self, item: Dict[str, Any]) -> bool:
        """Whether it is older than anything that is wanted, and all before it too."""
        return str(item.get("at")) < self.since


EVERY = Choice()


def choice(args: Dict[str, Any]) -> Choice:
    """As an order says it. `ago` is in seconds: the clock of whoever asks may be another one."""
    ago = args.get("ago")
    since = (dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=ago)).isoformat() if ago is not None else ""
    return Choice(args.get("process"), args.get("releases"), args.get("slot"), since)
