"""The app that a manifest declares, and its values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.app import App, Environment
from ecluse.model.problem import ProblemError
from ecluse.system.clock import SystemClock
from ecluse.system.environment import actor, find_home, read_environment
from ecluse.whereabouts import find_root

if TYPE_CHECKING:
    from ecluse.loop.deploy.wanted import Settings
    from ecluse.manifest.find import Found
    from ecluse.model.ids import Commit
    from ecluse.ports.world import World


def read_app(root: Path, home: Path, env: Mapping[str, str]) -> App:
    from ecluse.manifest.cache import load  # noqa: PLC0415

    return load(root, env, home)


def read_app_or_last(root: Path, home: Path, env: Mapping[str, str]) -> tuple[App, str]:
    """The app, and what is to be said of where it comes from."""
    try:
        return read_app(root, home, env), ""
    except ProblemError as error:
        last = last_deployed(home, env)
        if last is None:
            raise
        app, version = last
        return app, f"! {error.problems[0].what} [{error.problems[0].code}]: going by the manifest of {version}"


def last_deployed(home: Path, env: Mapping[str, str]) -> tuple[App, str] | None:
    """The checked manifest of the release that was committed last, in any environment, and its version; None where
    nothing is known of one."""
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415
    from ecluse.loop.deploy.recall import manifest_of  # noqa: PLC0415
    from ecluse.model.ids import ReleaseId  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    path = home / "ledger.db"
    if not path.exists():
        return None
    ledger = SqliteLedger(path, SystemClock(), actor(env))
    try:
        state = ledger.state()
    except ProblemError:
        return None
    finally:
        ledger.close()
    deployed = [one for known in state.environments.values() for one in known.deployments if one.outcome == "committed"]
    last = max(deployed, key=lambda one: one.number, default=None)
    app = manifest_of(ReleaseId(last.release), state, FolderStore(home / "store")) if last else None
    return (app, last.version) if app and last else None


async def manifest_at(built: World, commit: Commit) -> Found | None:
    """The manifest that the commit holds, if it has one."""
    from ecluse.manifest.find import OWN, SHARED, in_tree  # noqa: PLC0415

    own, shared = await asyncio.gather(built.source.read(commit, OWN), built.source.read(commit, SHARED))
    return in_tree(built.root, own, shared)


async def app_at(built: World, commit: Commit, working: App) -> App:
    """The app as the commit declares it. `working` is the working tree's, for a commit without a manifest."""
    from ecluse.manifest.cache import load_found  # noqa: PLC0415
    from ecluse.manifest.find import find  # noqa: PLC0415

    found = await manifest_at(built, commit)
    if found is None:
        built.reporter.note(f"the manifest isn't in {commit[:12]}: the one in the working tree is used")
        return working
    here = find(built.root)
    if (found.path.name, found.data) == (here.path.name, here.data):
        return working
    built.reporter.note(f"{found.path.name} differs from the one in {commit[:12]}, which is used: commit it to use it")
    return load_found(found, built.env, built.home)


def declared(folder: Path) -> App:
    """The app of the repository around `folder`; nothing is opened or kept. ProblemError without a good manifest."""
    env = read_environment()
    root = find_root(folder)
    return read_app(root, find_home(root, env), env)


def settings(built: World, environment: Environment) -> Settings:
    """The values of an environment's files and of the caller. A missing secret is a Problem."""
    from ecluse.loop.deploy.wanted import Settings  # noqa: PLC0415
    from ecluse.manifest.dotenv import settings as read_settings  # noqa: PLC0415

    values = read_settings(built.root, environment, built.env)
    return Settings(env=values.env, secrets=values.secrets)


def declared_secrets(app: App, root: Path, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and values of the secrets of steps, environments and tickets, as far as they can be had: in each
    environment one may have another value."""
    from ecluse.assembly.tracking import token_of  # noqa: PLC0415
    from ecluse.manifest.dotenv import settings as read_settings  # noqa: PLC0415

    of_steps = {name for step in app.steps for name in step.secrets}
    found: set[tuple[str, str]] = set()
    if app.tickets:
        with suppress(ProblemError):
            found.add((app.tickets.token, token_of(app.tickets, root, env).reveal()))
    for environment in (*app.environments, *app.patterns):
        wanted = {*environment.secrets, *of_steps}
        found |= {(name, env[name]) for name in wanted if env.get(name)}
        with suppress(ProblemError):
            read = read_settings(root, replace(environment, secrets=()), env).secrets
            found |= {(name, read[name].reveal()) for name in wanted - env.keys() if name in read}
    return sorted(found)


def without_secrets(text: str, folder: Path) -> str:
    """What is shown of an error of our own: it may quote anything, so the values of all declared secrets of the app
    around `folder` are masked."""
    from ecluse.model.redaction import masked  # noqa: PLC0415

    env = read_environment()
    values: set[str] = set()
    with suppress(ProblemError):
        root = find_root(folder)
        values.update(value for _, value in declared_secrets(read_app(root, find_home(root, env), env), root, env))
    return masked(text.encode(errors="replace"), values).decode(errors="replace")
