"""A release that was made before, with everything it needs to run, out of ledger and store."""

from __future__ import annotations

import json
from dataclasses import replace

from ecluse.loop.build.remembered import kept_bundle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.app import App, Environment
from ecluse.model.artifact import Bundle
from ecluse.model.frozen import app_from_json
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.ids import Commit, Digest, Version
from ecluse.model.instance import environment_named
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.values import frozen
from ecluse.ports.store import ContentStore


@frozen
class Recalled:
    """`app` is the manifest of then."""

    release: Release
    app: App
    bundle: Bundle


def recall(kept: ReleaseKnown, store: ContentStore) -> Recalled:
    """Raises ProblemError D031 when its bundle or manifest is no longer in the store."""
    try:
        app = app_from_json(json.loads(store.path(Digest(kept.config)).read_bytes()))
        bundle = kept_bundle(Digest(kept.bundle), store)
    except KeyError as error:
        raise ProblemError(no_longer_kept(kept)) from error
    return Recalled(release=release_of(kept), app=app, bundle=bundle)


def manifest_of(release: str, state: State, store: ContentStore) -> App | None:
    """As it was checked when the release was made; None where it isn't known, or no longer kept, here."""
    kept = state.releases.get(release)
    if kept is None:
        return None
    try:
        return app_from_json(json.loads(store.path(Digest(kept.config)).read_bytes()))
    except (KeyError, OSError, ValueError):
        return None


def release_of(kept: ReleaseKnown) -> Release:
    return Release(
        version=Version(kept.version), commit=Commit(kept.commit), bundle=Digest(kept.bundle),
        config=Digest(kept.config), notes=kept.notes, tag=kept.tag,
    )  # fmt: skip


def as_it_was(wanted: Wanted, recalled: Recalled) -> Wanted:
    """The processes of then, at the place and with the settings of now: a secret that was rotated stays rotated. The
    tracker is where it is now, too."""
    then = environment_named(recalled.app, wanted.environment.name) or wanted.environment
    now = wanted.environment
    environment = replace(
        then,
        address=now.address,
        port=now.port,
        hosts=now.hosts,
        roles=now.roles,
        ssh=now.ssh,
        hosts_down=now.hosts_down,
        balancer=now.balancer,
        signed_by=now.signed_by,
    )
    return replace(wanted, app=replace(recalled.app, tickets=wanted.app.tickets), environment=environment)


def find(state: State, name: str, environment: Environment) -> ReleaseKnown:
    """The release of that id, version or tag. Without a name the newest one that could come into `environment`: where
    releases are tagged, the newest that is, since others were made to be tried elsewhere. ProblemError D032 when there
    is none."""
    releases = sorted(state.releases.values(), key=lambda kept: kept.at, reverse=True)
    fitting = [kept for kept in releases if kept.tag or not environment.tag]
    named = (kept for kept in releases if name in {kept.id, kept.version, kept.tag})
    found = next(named, None) if name else next(iter(fitting), None)
    if found is None:
        raise ProblemError(no_such_release(name, [kept.version for kept in releases[:5]]))
    return found


def no_such_release(name: str, newest: list[str]) -> Problem:
    if name or not newest:
        what = f"there is no release '{name}'" if name else "no release was made yet"
        fix = (
            f"the newest are {', '.join(newest)}" if newest else "`ecluse release` makes one, `ecluse ship` does it all"
        )
    else:
        what = "no release has a tag yet"
        fix = f"`ecluse release` makes one; or name one that was made without: {', '.join(newest)}"
    return Problem(code="D032", what=what, state="nothing moved", fix=fix)


def no_longer_kept(kept: ReleaseKnown) -> Problem:
    return Problem(
        code="D031",
        what=f"release {kept.version} is in the ledger, but what it was built from is no longer in the store",
        state="nothing moved",
        fix=f"ship its commit again: ecluse ship --commit {kept.commit[:12]}",
    )
