"""Which headers Écluse puts on an answer, and whether it does."""

from typing import NamedTuple

from ecluse.serving.lanes import Lanes

PROBES = frozenset(("127.0.0.2", "127.0.0.3"))
"""Sources that only a probe of this host can have; they always learn which release answered, and aren't counted: what
is counted is what the release's users meet."""

RELEASE = "X-Release"


class Mark(NamedTuple):
    """What the wrappers need to know. `stamp`: each answer names the release, not only a probe's."""

    lanes: Lanes
    version: str
    stamp: bool

    def stamps(self, client: str) -> bool:
        return self.stamp or client in PROBES
