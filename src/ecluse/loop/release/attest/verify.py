"""Asked before a deploy: did somebody whom the environment trusts sign this very release?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ecluse.loop.release.attest.dsse import NotSignedError, opened
from ecluse.loop.release.attest.provenance import MANIFEST, PREDICATE, STATEMENT, bundle_name
from ecluse.loop.release.names import attestation_name
from ecluse.loop.release.store import Shelf
from ecluse.model.app import App, Environment
from ecluse.model.artifact import Bundle, digest_of
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.release import Release
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World


async def require_signed(app: App, environment: Environment, release: Release, bundle: Bundle, world: World) -> str:
    """The name of the key, empty where the environment asks for none. ProblemError R042, before anything moves."""
    if not environment.signed_by:
        return ""
    verifiers = [world.outlets.verifier(line) for line in environment.signed_by]
    try:
        envelope = await Shelf.of(app.release, world).read(attestation_name(release.id))
    except ProblemError as error:
        raise ProblemError(*(_unasked(environment, problem) for problem in error.problems)) from error
    if envelope is None:
        raise ProblemError(_refused(environment, release, "there is no attestation of it"))
    try:
        statement = json.loads(opened(envelope, verifiers))
    except NotSignedError as error:
        raise ProblemError(_refused(environment, release, str(error))) from error
    wrong = [*_differences(statement, app, release), *_changed(release, bundle, world.store)]
    if wrong:
        raise ProblemError(_refused(environment, release, *wrong))
    return next(verifier.key for verifier in verifiers if _agrees(envelope, verifier))


def _agrees(envelope: bytes, verifier: Any) -> bool:
    try:
        opened(envelope, [verifier])
    except NotSignedError:
        return False
    return True


def _differences(statement: Any, app: App, release: Release) -> Iterator[str]:
    """Whoever signed says what; each word of it is compared with what is to be deployed."""
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        yield "what was signed is no in-toto statement"
        return
    if statement.get("predicateType") != PREDICATE:
        yield "what was signed is no provenance"
        return
    try:
        subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
        said = statement["predicate"]["buildDefinition"]["externalParameters"]
        told = {name: said[name] for name in ("app", "version", "commit")}
    except (KeyError, TypeError):
        yield "what was signed lacks what a provenance says"
        return
    wanted = {bundle_name(app.name, release): release.bundle, MANIFEST: release.config}
    for name, digest in wanted.items():
        if subjects.get(name) != digest.removeprefix("sha256:"):
            yield f"it was signed for another {name}"
    for name, value in {"app": app.name, "version": release.version, "commit": release.commit}.items():
        if told[name] != value:
            yield f"it was signed for {name} {told[name]}, not {value}"


def _changed(release: Release, bundle: Bundle, store: ContentStore) -> Iterator[str]:
    """What is run is what lies in the store, whatever it is called there."""
    if digest_of(bundle.to_json()) != release.bundle:
        yield "the bundle isn't the one that the release names"
    try:
        manifest = store.path(release.config).read_bytes()
    except (KeyError, OSError):
        manifest = b""
    if f"sha256:{hashlib.sha256(manifest).hexdigest()}" != release.config:
        yield "the manifest isn't the one that the release names"


def _unasked(environment: Environment, problem: Problem) -> Problem:
    """The store is away: whether anybody signed it isn't known."""
    return replace(
        problem,
        state=f"nothing moved; what served before serves: {environment.name} takes only what is signed",
        fix="bring the store back, or correct `[release] store`; then deploy again",
    )


def _refused(environment: Environment, release: Release, *why: str) -> Problem:
    return Problem(
        code="R042",
        what=f"{environment.name} takes only what is signed, and {release.version} can't be believed",
        evidence=why,
        state="nothing moved; what served before serves",
        fix="release it with `[release] sign_with` and the right key: ecluse release; if it was signed, find out who "
        "changed it",
        exit=Exit.REFUSED,
    )
