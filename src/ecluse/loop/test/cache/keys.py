"""The key of a step's result: everything that the result depends on, each part with a name. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache

from ecluse.loop.code.globs import chosen
from ecluse.loop.services.choice import services_for
from ecluse.loop.test.select import needs_among
from ecluse.loop.test.surroundings import SYSTEM_PATH
from ecluse.model.app import Gates, Step
from ecluse.model.ids import StepName
from ecluse.model.service import Service
from ecluse.model.values import frozen
from ecluse.ports.source import Entry

FORMAT = "1"
"""Of keys and entries. What was kept under another one is never found again."""

ENVIRONMENT = "environment"
INPUTS = "inputs"
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Key:
    """`parts` by name; `digest` is a hash of them all."""

    parts: Mapping[str, str]
    digest: str

    @classmethod
    def of(cls, parts: Mapping[str, str]) -> Key:
        return cls(parts, _hash(parts))


@frozen
class Basis:
    """What the keys of one run are made from."""

    entries: tuple[Entry, ...]
    """Of the commit."""
    environments: Mapping[str, str]
    """By the Python that steps want: a name for it and the packages of its locked environment, the same on every
    machine. One that isn't there was not to be had."""
    platform: str
    tool: str
    """The version of Écluse."""
    gates: Gates
    passed: Mapping[str, str]
    """A hash of each variable of the caller's environment."""
    secrets: Mapping[str, str]
    """A keyed hash of each."""
    services: tuple[Service, ...] = ()
    version: Callable[[Service], str] = lambda _: ABSENT
    """Of a service as it is on this machine."""
    program: Callable[[str, str], str] = lambda *_: ABSENT
    """A name for the content of a program on a PATH."""
    path: str = ""
    """The PATH of the caller's environment."""
    security: Mapping[str, str] = field(default_factory=dict)
    """What an answer of the security gate depends on."""
    _inputs: dict[tuple[str, ...] | None, str] = field(default_factory=dict, compare=False, repr=False)

    def content(self, path: str) -> str:
        """A name for a file's content at the commit; empty when it isn't there."""
        return next((entry.object for entry in self.entries if entry.path == path), "") if path else ""

    def inputs(self, globs: tuple[str, ...] | None) -> str:
        """A name for all that a step sees of the commit. Worked out once for each way to choose."""
        if globs not in self._inputs:
            self._inputs[globs] = _hash(files(self.entries, globs))
        return self._inputs[globs]


def keys_of(steps: Sequence[Step], basis: Basis) -> dict[StepName, Key]:
    """The key of each step, in an order in which each stands behind its needs."""
    needs = needs_among(steps)
    waiting = {step.name: step for step in steps}
    found: dict[StepName, Key] = {}
    while waiting:
        # A circle of needs has been refused before.
        for step in [step for step in waiting.values() if all(need in found for need in needs[step.name])]:
            found[step.name] = Key.of(parts_of(step, {need: found[StepName(need)] for need in needs[step.name]}, basis))
            del waiting[step.name]
    return found


def can_be_kept(step: Step, basis: Basis) -> bool:
    """A list of known failures that isn't the commit's is the working tree's, of which no key knows."""
    listed = step.evidence.known_failures
    is_known = step.builtin or step.python in basis.environments
    return step.cache and is_known and (not listed or bool(basis.content(listed)))


def parts_of(step: Step, needs: Mapping[str, Key], basis: Basis) -> dict[str, str]:
    """Time-out and retries aren't among them: they don't change what a step that passed has done."""
    return {
        "format": FORMAT,
        "name": step.name,
        "Écluse": basis.tool,
        "platform": basis.platform,
        ENVIRONMENT: "" if step.builtin else basis.environments.get(step.python, ABSENT),
        "command": _text(step.command),
        "folder": step.folder,
        INPUTS: basis.inputs(step.inputs),
        "outputs": _text(tuple(sorted(step.outputs))),
        "reports": _text((step.evidence.junit, step.evidence.coverage)),
        "known failures": basis.content(step.evidence.known_failures),
        "gates.tests": str(basis.gates.tests),
        "services": _services(step, basis),
        **{f"env {name}": _hash({name: value}) for name, value in step.env.items()},
        **{f"variable {name}": basis.passed.get(name, ABSENT) for name in step.pass_env},
        **{f"secret {name}": basis.secrets.get(name, ABSENT) for name in step.secrets},
        **{f"program {name}": basis.program(name, path_of(step, basis)) for name in step.tools},
        **(basis.security if step.builtin else {}),
        **{f"step {name}": key.digest for name, key in needs.items()},
    }


def path_of(step: Step, basis: Basis) -> str:
    """Where a step's programs are looked for."""
    return step.env.get("PATH") or ("PATH" in step.pass_env and basis.path) or SYSTEM_PATH


@cache
def _text(words: tuple[str, ...]) -> str:
    """Most steps of a run have one of few."""
    return json.dumps(words)


def files(entries: Iterable[Entry], globs: tuple[str, ...] | None) -> dict[str, str]:
    """What a step sees of a commit: each file's mode and content by its path."""
    known = {entry.path: f"{entry.mode} {entry.object}" for entry in entries}
    return {path: known[path] for path in chosen(known, globs)}


def _services(step: Step, basis: Basis) -> str:
    wanted = services_for(step, basis.services)
    found = [{**asdict(service), "found": basis.version(service)} for service in wanted]
    return json.dumps(found, sort_keys=True, default=str) if found else ""


def _hash(parts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(parts.items())).encode("utf-8", "surrogatepass")).hexdigest()
