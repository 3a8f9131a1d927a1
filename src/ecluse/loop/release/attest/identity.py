"""Signed with the identity of a CI's job, by Sigstore: a short-lived certificate, and an entry in its public log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import Command, Finished
from ecluse.ports.world import World

PATIENCE = timedelta(minutes=5)
AMBIENT = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SIGSTORE_ID_TOKEN")
"""By these a job on GitHub and on GitLab has an identity. The program finds it itself: it is never an argument."""
PASSED = (
    "PATH", "GITHUB_ACTIONS", "GITLAB_CI", "ACTIONS_ID_TOKEN_REQUEST_URL", *AMBIENT,
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)  # fmt: skip


def has_identity(env: Mapping[str, str]) -> bool:
    return any(env.get(name) for name in AMBIENT)


async def signed_by_identity(statement: Mapping[str, Any], files: Sequence[Path], world: World) -> tuple[Path, ...]:
    """A Sigstore bundle beside each file, about the predicate of `statement`; none where there is no identity, which is
    said. It fails: ProblemError R043."""
    if not files:
        return ()
    if not has_identity(world.env):
        world.reporter.note("! not signed by Sigstore: there is no identity here (a CI's job with `id-token` has one)")
        return ()
    predicate = files[0].parent / "predicate.json"
    predicate.write_text(json.dumps(statement["predicate"]), encoding="utf-8")
    program = await world.toolbox.program("sigstore")
    done = await world.commands.run(attesting(program, predicate, statement["predicateType"], files, world.env))
    if not done.ok:
        raise ProblemError(_failed(done))
    return tuple(map(bundle_of, files))


def attesting(program: Path, predicate: Path, kind: str, files: Sequence[Path], env: Mapping[str, str]) -> Command:
    return Command(
        argv=(
            str(program), "attest", "--predicate", str(predicate), "--predicate-type", kind, "--overwrite",
            *map(str, files),
        ),
        folder=predicate.parent,
        env={"HOME": str(predicate.parent), "COLUMNS": "500", **{name: env[name] for name in PASSED if name in env}},
        timeout=PATIENCE,
        secrets=tuple(env[name] for name in AMBIENT if env.get(name)),
    )  # fmt: skip


def bundle_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.sigstore.json")


def _failed(done: Finished) -> Problem:
    return Problem(
        code="R043",
        what="Sigstore did not sign the release",
        evidence=tuple(" ".join(line.split()) for line in done.output.splitlines() if line.strip())[-8:],
        state="nothing was tagged or published",
        fix="see what it says; `sigstore = false` in [release] goes without",
        exit=Exit.REFUSED,
    )
