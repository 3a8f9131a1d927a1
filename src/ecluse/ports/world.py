"""Everything outside that the loop needs, in one argument. `assembly` builds it; tests build it from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.values import frozen

if TYPE_CHECKING:  # a short command pays for the ports that it uses
    from ecluse.model.app import App, Environment
    from ecluse.model.cache import CachePolicy
    from ecluse.model.holder import Holder
    from ecluse.model.ids import HostName
    from ecluse.model.security import SecurityPolicy
    from ecluse.model.tracker import Tickets
    from ecluse.ports.advisories import Advisories
    from ecluse.ports.balancer import Balancer
    from ecluse.ports.cache import StepCache
    from ecluse.ports.clock import Clock
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.ids import Ids
    from ecluse.ports.ledger import Ledger
    from ecluse.ports.locks import MachineLocks
    from ecluse.ports.outlets import Outlets
    from ecluse.ports.python import Toolchain
    from ecluse.ports.reporter import Reporter
    from ecluse.ports.services import ServicePrograms
    from ecluse.ports.source import Source
    from ecluse.ports.store import ContentStore
    from ecluse.ports.target import Target
    from ecluse.ports.toolbox import Toolbox
    from ecluse.ports.tracker import Tracker


@frozen
class World:
    """`root` is the repository, `home` the folder for everything that Écluse keeps (`.ecluse`)."""

    root: Path
    home: Path
    env: Mapping[str, str]
    """The environment of the caller, read once."""
    clock: Clock
    ids: Ids
    commands: CommandRunner
    source: Source
    toolchain: Toolchain
    toolbox: Toolbox
    store: ContentStore
    ledger: Ledger
    targets: Callable[[App, Environment], Mapping[HostName, Target]]
    """One for each host of the environment."""
    balancers: Callable[[App, Environment], Mapping[HostName, Balancer]]
    """By the machine's name, those that share the traffic between the environment's hosts; none where it names none."""
    services: ServicePrograms
    advisories: Callable[[SecurityPolicy], Advisories]
    """Who knows the vulnerabilities of packages."""
    cache: Callable[[CachePolicy], StepCache]
    """Where the results of steps are kept."""
    locks: MachineLocks
    """What only one step of this machine may have at once."""
    outlets: Outlets
    """Through which releases leave this machine."""
    tracker: Callable[[Tickets], Tracker]
    """Where tickets are. ProblemError T002 when the secret that lets us in has no value. Whoever asks closes it."""
    reporter: Reporter
    actor: str
    """Who acts, as they say: `user@host`, or another identity. For records and approvals."""
    holder: Holder
    """This process, as a lease names it."""
    key: bytes
    """A secret of this home, for keyed hashes of secrets; never leaves it."""
