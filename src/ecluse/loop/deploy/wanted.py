"""What is asked for: which app, where, with which settings; and what of it a target needs."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import field

from ecluse.model.app import App, Environment
from ecluse.model.artifact import Bundle, Wheelhouse
from ecluse.model.frozen import app_to_json
from ecluse.model.ids import Digest, HostName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.ports.store import ContentStore
from ecluse.ports.target import Running


@frozen
class Settings:
    """The values of one environment, read from files and the caller; secrets apart."""

    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def revealed(self) -> dict[str, str]:
        """The secret values, at the edge where they are handed over."""
        return {name: secret.reveal() for name, secret in self.secrets.items()}


@frozen
class Wanted:
    """What is to serve where."""

    app: App
    environment: Environment
    settings: Settings = Settings()

    @property
    def url(self) -> str:
        """Where a person finds the app; empty when nothing of it listens."""
        return self.environment.opened_at if self.listens else ""

    @property
    def listens(self) -> bool:
        """Whether it takes a port: it has a web process that isn't off."""
        return any(process.is_web and process.enabled for process in self.app.processes)

    def listens_on(self, host: HostName) -> bool:
        web = self.app.web
        return web is not None and web.enabled and self.environment.runs(web, host)


def running_on(
    host: HostName, wanted: Wanted, release: Release, bundle: Bundle, house: Wheelhouse | None = None
) -> Running:
    """`house`: the wheels for that host, where they aren't the bundle's own."""
    return Running(
        release=release,
        bundle=bundle,
        wheelhouse=house,
        app=wanted.app.name,
        environment=wanted.environment.on(host),
        processes=tuple(process for process in wanted.app.processes if wanted.environment.runs(process, host)),
        env={**wanted.app.env, **wanted.environment.env, **wanted.settings.env},
        secrets=wanted.settings.revealed,
        state=wanted.app.state,
        services=wanted.app.services if wanted.environment.services else (),
        commands=wanted.app.build.commands,
    )


def keep_app(app: App, store: ContentStore) -> Digest:
    """Put the checked manifest where a later rollback finds it; its digest is part of the release's name."""
    return store.put_bytes(json.dumps(app_to_json(app), sort_keys=True, separators=(",", ":")).encode())


def settings_digest(wanted: Wanted, key: bytes) -> str:
    """A keyed hash of all values: a rotated secret is seen as a change, and nobody can guess it from here."""
    values = {**wanted.environment.env, **wanted.settings.env, **wanted.settings.revealed}
    return hmac.new(key, json.dumps(values, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def require_health(wanted: Wanted) -> None:
    """A web process without a health check is refused before anything moves, unless that was waived by name."""
    web = wanted.app.web
    if web is None or web.health is not None or wanted.environment.unchecked:
        return
    raise ProblemError(
        Problem(
            code="D001",
            what=f"process '{web.name}' has no health check: nothing could tell a good release from a bad one",
            fix=f'add [processes.{web.name}.health] with path = "/…"; or say why not: '
            f'unchecked = "reason" in [environments.{wanted.environment.name}]',
        )
    )


def require_place_for_dirty(environment: Environment, *, dirty: bool) -> None:
    """What isn't committed was tested by nobody and can't be made again: it stays on the developer's machine."""
    if not dirty or environment.name == "local":
        return
    raise ProblemError(
        Problem(
            code="C010",
            what=f"a working tree that is not committed can't go to '{environment.name}'",
            state="nothing moved",
            fix="commit, then ship; --dirty is for the local environment",
        )
    )
