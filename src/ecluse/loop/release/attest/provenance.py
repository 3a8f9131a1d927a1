"""How a release was made: an in-toto Statement v1 with a SLSA provenance v1. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ecluse import __version__
from ecluse.model.artifact import Bundle
from ecluse.model.intent import ReleaseFile
from ecluse.model.release import Release
from ecluse.model.values import frozen

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD = "urn:ecluse:build:v1"
LOCAL = "urn:ecluse:builder:local"
MANIFEST = "manifest"
"""What the checked manifest is called among the subjects."""


@frozen
class Making:
    """Who made it, where and when. `source` is the address of the repository, empty where it has no remote."""

    actor: str
    builder: str
    run: str
    began: datetime
    ended: datetime
    source: str = ""


def provenance(
    app: str, release: Release, bundle: Bundle, files: Iterable[ReleaseFile], making: Making
) -> dict[str, Any]:
    """Of the bundle, the manifest that it is run by, and each file."""
    return {
        "_type": STATEMENT,
        "subject": [
            _subject(bundle_name(app, release), release.bundle),
            _subject(MANIFEST, release.config),
            *(_subject(file.name, file.digest) for file in files),
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {
                    "app": app,
                    "version": release.version,
                    "commit": release.commit,
                    **({"source": making.source} if making.source else {}),
                },
                "internalParameters": {"actor": making.actor},
                "resolvedDependencies": [
                    {**({"uri": f"git+{making.source}"} if making.source else {"name": "source"}),
                     "digest": {"gitCommit": release.commit}},
                    *_wheels(bundle),
                ],
            },
            "runDetails": {
                "builder": {"id": making.builder, "version": {"ecluse": __version__}},
                "metadata": {
                    "invocationId": making.run,
                    "startedOn": _moment(making.began),
                    "finishedOn": _moment(making.ended),
                },
            },
        },
    }  # fmt: skip


def builder_of(env: Mapping[str, str]) -> str:
    """The CI's job, as it names it itself; this machine elsewhere, which proves nothing."""
    if env.get("GITHUB_ACTIONS") == "true" and env.get("GITHUB_WORKFLOW_REF"):
        return f"{env.get('GITHUB_SERVER_URL', '')}/{env['GITHUB_WORKFLOW_REF']}"
    return env.get("CI_JOB_URL") or LOCAL


def bundle_name(app: str, release: Release) -> str:
    return f"{app}-{release.version}.bundle"


def _wheels(bundle: Bundle) -> Iterable[Mapping[str, Any]]:
    """What was built here is made of the commit; the rest came from outside."""
    seen = {wheel.name: wheel for house in bundle.wheelhouses for wheel in (*house.app, *house.server, house.pip)}
    for name in sorted(seen):
        yield {"name": name, "digest": {"sha256": seen[name].digest.removeprefix("sha256:")}}


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
