"""Whether a bundle takes env files along. What it holds is on every host, and in the store, while it is kept."""

from __future__ import annotations

from dataclasses import replace

from ecluse.manifest.envfiles import exposed, is_env_file, remedy
from ecluse.model.app import Environment
from ecluse.model.artifact import Bundle
from ecluse.model.problem import Exit, Problem
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.store import ContentStore

ENV_FILES = "env_files"


def env_files(bundle: Bundle, store: ContentStore, environment: Environment | None = None) -> Verdict | None:
    """None without any. It stops only what surely holds keys, and only on its way to an environment beyond `local`,
    which is this machine, where the file lies anyway."""
    found = tuple(
        exposed(file.path, store.path(file.digest).read_text(encoding="utf-8", errors="replace"))
        for file in bundle.files
        if file.mode != "link" and is_env_file(file.path)
    )
    if not found:
        return None
    evidence = tuple(f"{one}: it is committed, and goes into the release" for one in found)
    fix = remedy(tuple(one.path for one in found))
    verdict = Verdict(gate=ENV_FILES, answer=Answer.FAILED, evidence=evidence, fix=fix, attempts=0)
    is_sure = any(one.sure for one in found)
    return replace(verdict, is_required=is_sure and environment is not None and environment.name != "local")


def keys_in_release(verdict: Verdict) -> Problem:
    return Problem(
        code="B063",
        what="keys are in an env file of the commit, and would go to every host with the release",
        evidence=verdict.evidence,
        state="nothing was released or deployed; what served before serves",
        fix=verdict.fix,
        exit=Exit.REFUSED,
    )
