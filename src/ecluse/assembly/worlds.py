"""The World that the loop takes as an argument."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.assembly.apps import read_app, read_app_or_last
from ecluse.assembly.caches import step_cache
from ecluse.assembly.home import RUNNING, prepare
from ecluse.assembly.outlets import outlets_of
from ecluse.assembly.places import balancers_of, close, targets_of
from ecluse.assembly.surroundings import wants_colour
from ecluse.assembly.tools import advisories_of, services_of, toolbox_of, toolchain_of
from ecluse.assembly.tracking import tracker_of
from ecluse.model.app import App, Environment
from ecluse.model.problem import Problem, ProblemError
from ecluse.system.clock import SystemClock
from ecluse.system.environment import actor, find_cache, find_home, login, read_environment
from ecluse.system.files import write_atomically
from ecluse.whereabouts import find_root, holds_nothing, is_deserted

if TYPE_CHECKING:
    from ecluse.model.holder import Holder
    from ecluse.model.ids import HostName
    from ecluse.ports.balancer import Balancer
    from ecluse.ports.clock import Clock
    from ecluse.ports.ledger import Ledger
    from ecluse.ports.reporter import Reporter
    from ecluse.ports.target import Target
    from ecluse.ports.world import World
    from ecluse.providers.keeper.target import KeeperTarget
    from ecluse.system.commands import SupervisedRunner


NOTHING_TO_RUN = frozenset({"I001", "I021"})


@asynccontextmanager
async def opened(
    folder: Path, *, in_an_emergency: bool = False, by_what_serves: bool = False
) -> AsyncIterator[tuple[App, World]]:
    """The app that the repository around `folder` declares, and its world. `by_what_serves`: where the manifest can't
    be read, the one of the release that was deployed last will do, which is said."""
    env = read_environment()
    root = find_root(folder)
    home = find_home(root, env)
    commands = programs_of(home)
    if home.exists() and not in_an_emergency:
        commands.begin()  # in the time that the manifest and the imports take
    try:
        app, said = read_app_or_last(root, home, env) if by_what_serves else (read_app(root, home, env), "")
        async with world(root, home, env, commands, in_an_emergency=in_an_emergency) as built:
            if said:
                built.reporter.note(said)
            yield app, built
    finally:
        commands.close()


@asynccontextmanager
async def undeclared(folder: Path) -> AsyncIterator[World]:
    """The world of `folder` itself, which has no manifest yet: in a monorepo a part of the repository is an app.

    A home that was made for it and in which nothing was built doesn't stay; neither does what was built where nothing
    was found to run.
    """
    env = read_environment()
    root = folder.resolve()  # noqa: ASYNC240 nothing else runs yet
    home = find_home(root, env)
    is_new = not home.exists()
    is_in_vain = False
    commands = programs_of(home)
    try:
        async with world(root, home, env, commands) as built:
            yield built
    except ProblemError as error:
        is_in_vain = any(problem.code in NOTHING_TO_RUN for problem in error.problems)
        raise
    finally:
        commands.close()
        if (is_new and holds_nothing(home)) or (is_in_vain and is_deserted(root, env)):
            shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def world(
    root: Path, home: Path, env: Mapping[str, str], commands: SupervisedRunner, *, in_an_emergency: bool = False
) -> AsyncIterator[World]:
    """Ends what it opened: connections to keepers and the ledger's. `in_an_emergency` it goes on without a ledger that
    can't be used."""
    from ecluse.keeper import ballast  # noqa: PLC0415
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415
    from ecluse.ports.world import World  # noqa: PLC0415
    from ecluse.providers.git.source import GitSource  # noqa: PLC0415
    from ecluse.system.ids import SystemIds  # noqa: PLC0415
    from ecluse.system.locks import FolderLocks, lock_folder  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    prepare(home)
    clock, ids, who = SystemClock(), SystemIds(), actor(env)
    telling = _reporter(clock)
    ledger: Ledger = SqliteLedger(home / "ledger.db", clock, who, make_room=lambda: ballast.drop(str(home)))
    if in_an_emergency:
        from ecluse.ledger.besteffort import BestEffortLedger  # noqa: PLC0415
        from ecluse.ledger.memory import MemoryLedger  # noqa: PLC0415

        ledger = BestEffortLedger(ledger, MemoryLedger(clock, who), lambda lost: telling.note(without_ledger(lost)))
    store = FolderStore(home / "store")
    toolchain = toolchain_of(home, env, commands, store)
    services = services_of(home, env, toolchain, commands)
    toolbox = toolbox_of(find_cache(env), env, commands)
    reached: list[KeeperTarget | Balancer] = []

    def targets(app: App, environment: Environment) -> Mapping[HostName, Target]:
        found = targets_of(app.name, environment, root, home, store, clock, env, services)
        reached.extend(found.values())
        return found

    def balancers(app: App, environment: Environment) -> Mapping[HostName, Balancer]:
        found = balancers_of(app, environment, clock, env)
        reached.extend(found.values())
        return found

    try:
        yield World(
            root=root,
            home=home,
            env=env,
            clock=clock,
            ids=ids,
            commands=commands,
            source=GitSource(root, commands, env),
            toolchain=toolchain,
            toolbox=toolbox,
            advisories=lambda policy: advisories_of(policy, root, env, commands, toolbox),
            store=store,
            ledger=ledger,
            targets=targets,
            balancers=balancers,
            services=services,
            cache=lambda policy: step_cache(policy, root, home, env),
            locks=FolderLocks(lock_folder()),
            outlets=outlets_of(root, home, env, commands),
            tracker=lambda tickets: tracker_of(tickets, root, env, clock),
            reporter=telling,
            actor=who,
            holder=_holder(ids.new("h"), login(env)),
            key=_key(home),
        )
    finally:
        try:
            await close(reached)
        finally:
            telling.close()
            ledger.close()


def programs_of(home: Path) -> SupervisedRunner:
    from ecluse.system.commands import SupervisedRunner  # noqa: PLC0415

    return SupervisedRunner(notes=home / RUNNING)


def without_ledger(lost: Problem) -> str:
    return f"! {lost.what} [{lost.code}]: going on without it, nothing is recorded\n  fix: {lost.fix}"


def _reporter(clock: Clock) -> Reporter:
    from ecluse.providers.terminal.choice import reporter  # noqa: PLC0415

    return reporter(clock, read_environment(), no_colour=not wants_colour())


def _holder(name: str, who: str) -> Holder:
    from ecluse.model.holder import Holder  # noqa: PLC0415

    user, _, host = who.partition("@")
    return Holder(id=name, host=host, pid=os.getpid(), user=user, command=" ".join(["ecluse", *sys.argv[1:]]))


def _key(home: Path) -> bytes:
    path = home / "key"
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32), mode=0o600)
    return path.read_bytes()
